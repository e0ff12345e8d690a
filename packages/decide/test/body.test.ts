import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMedia, type MediaJudgement, readBody } from '../src/body.ts';
import { Fields } from '../src/fields.ts';
import type { Sizes } from '../src/ports.ts';
import { operationOf } from './operations.ts';

const sizes: Sizes = { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 1000 };

function operation(content: object, required = true): ReturnType<typeof operationOf> {
  return operationOf({ requestBody: { required, content } });
}

interface Head {
  readonly type?: string;
  readonly coding?: string;
  readonly accept?: string;
  readonly hasBody?: boolean;
  readonly length?: number;
}

function judge(of: ReturnType<typeof operationOf>, head: Head): MediaJudgement {
  const headers = [
    ...(head.type === undefined ? [] : ['Content-Type', head.type]),
    ...(head.coding === undefined ? [] : ['Content-Encoding', head.coding]),
    ...(head.accept === undefined ? [] : ['Accept', head.accept]),
  ];
  return judgeMedia(of, {
    headers: new Fields(headers),
    hasBody: head.hasBody ?? true,
    contentLength: head.length,
    sizes,
  });
}

function planOf(of: ReturnType<typeof operationOf>, head: Head): string {
  const { plan, refusal } = judge(of, head);
  return refusal?.reason ?? plan;
}

/** `pointer reason` of every fault of a body that its head let through. */
function faults(content: object, type: string, body: string | Uint8Array, required = true): string[] {
  const of = operation(content, required);
  const { plan, media } = judge(of, { type });
  expect(plan).toBe('check');
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return readBody(of, media, type, bytes, sizes).map((each) => `${each.pointer ?? ''} ${each.reason}`);
}

const order = {
  type: 'object',
  properties: { id: { type: 'integer' }, note: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
  required: ['id'],
  additionalProperties: false,
};
const json = { 'application/json': { schema: order } };
const form = { 'application/x-www-form-urlencoded': { schema: order } };

const planFor = (range: string, media: object, type = range): string => planOf(operation({ [range]: media }), { type });

describe('the presence of a body', () => {
  it('is due where the operation requires one', () => {
    expect(planOf(operation(json), { hasBody: false })).toBe('missing-body');
    expect(planOf(operation(json, false), { hasBody: false })).toBe('none');
    expect(planOf(operationOf({}), { hasBody: false, type: 'application/json', length: 0 })).toBe('none');
  });

  it('is refused where the operation takes none', () => {
    expect(judge(operationOf({}), { type: 'application/json' }).refusal).toMatchObject({
      reason: 'unexpected-body',
      violations: [{ in: 'body', reason: 'unexpected-body' }],
    });
  });

  it('is found missing only when it is read, where a chunked body is empty', () => {
    expect(faults(json, 'application/json', '')).toEqual([' missing-body']);
    expect(faults(json, 'application/json', '', false)).toEqual([]);
  });
});

describe('the media type of a body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json;',
    'application/json; v=1',
    'application/json; charset=us-ascii',
  ])('is taken in every spelling: %s', (type) => {
    expect(planOf(operation(json), { type })).toBe('check');
  });

  it.each([
    undefined,
    '',
    'json',
    'text/plain',
    'application/jsonx',
    'application/vnd.api+json',
    'application/json/x',
    'application/json charset',
    'application/json; charset=',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    '\u0000',
    'application/\u00e9',
    '*/*',
  ])('is 415, never 500, where it is not one that the operation takes: %j', (type) => {
    expect(planOf(operation(json), type === undefined ? {} : { type })).toBe('unsupported-media-type');
  });

  it('that is refused is told what is taken, in an Accept field as well (RFC 9110, 15.5.16)', () => {
    expect(judge(operation({ ...json, 'text/*': {} }), { type: 'image/png; secret=1' }).refusal).toEqual({
      reason: 'unsupported-media-type',
      detail: "The body's Content-Type must be one of application/json, text/*; another media type came.",
      violations: [
        {
          in: 'header',
          name: 'Content-Type',
          reason: 'unsupported-media-type',
          due: 'one of application/json, text/*',
          arrived: 'another media type',
        },
      ],
      fields: [['Accept', 'application/json, text/*']],
    });
  });

  it('is found by the most specific range', () => {
    const content = { '*/*': {}, 'application/*': {}, 'application/json': { schema: order } };
    const media = (type: string): string | undefined => judge(operation(content), { type }).media?.range;
    expect([media('application/json'), media('application/xml'), media('image/png')]).toEqual([
      'application/json',
      'application/*',
      '*/*',
    ]);
  });

  it('decides whether a body is read or passes through', () => {
    const schema = { schema: order };
    expect(planFor('application/json', {})).toBe('check');
    expect(planFor('application/vnd.a+json', {})).toBe('check');
    expect(planFor('application/x-www-form-urlencoded', schema)).toBe('check');
    expect(planFor('application/x-www-form-urlencoded', {})).toBe('stream');
    expect(planFor('multipart/form-data', schema, 'multipart/form-data; boundary=x')).toBe('check');
    expect(planFor('multipart/form-data', {}, 'multipart/form-data; boundary=x')).toBe('stream');
    expect(planFor('text/plain', { schema: { type: 'string' } })).toBe('check');
    expect(planFor('text/plain', {})).toBe('stream');
    expect(planFor('application/octet-stream', {})).toBe('stream');
    expect(planFor('application/xml', schema)).toBe('stream');
    expect(planFor('*/*', schema, 'application/json')).toBe('check');
    expect(planFor('application/*', schema, 'application/xml')).toBe('stream');
    expect(planFor('*/*', {}, 'application/json')).toBe('stream');
  });

  it('is not judged where the document names none', () => {
    expect(planOf(operation({}), { type: 'a/b' })).toBe('stream');
  });

  it('is never refused for what the client accepts', () => {
    for (const accept of ['text/html', 'application/json;q=0', '*/*;q=0', 'nonsense']) {
      expect(planOf(operation(json), { type: 'application/json', accept })).toBe('check');
    }
  });
});

describe('the content coding of a body', () => {
  it.each(['gzip', 'GZIP', 'x-gzip', 'deflate', 'br', 'identity', '', 'identity, gzip', ' , gzip'])(
    'may be %j',
    (coding) => {
      expect(planOf(operation(json), { type: 'application/json', coding })).toBe('check');
    },
  );

  it.each(['x-foo', 'zstd', 'gzip, gzip', 'br,gzip,br', 'gzip;q=1', 'gzip gzip'])('may not be %j', (coding) => {
    expect(judge(operation(json), { type: 'application/json', coding }).refusal).toMatchObject({
      reason: 'unsupported-media-type',
      fields: [['Accept-Encoding', 'gzip, deflate, br']],
    });
  });

  it("is nobody's concern where the body streams through", () => {
    expect(planOf(operation({ 'image/png': {} }), { type: 'image/png', coding: 'x-foo, y', length: 10_000_000 })).toBe(
      'stream',
    );
  });
});

describe('a body that is refused from its head', () => {
  it('streams through where refusals are only observed', () => {
    expect(judge(operation(json), { type: 'text/plain' }).plan).toBe('stream');
    expect(judge(operationOf({}), { type: 'text/plain' }).plan).toBe('stream');
    expect(judge(operation(json), { hasBody: false }).plan).toBe('none');
  });
});

describe('the size of a body', () => {
  it('is judged from the head alone where the head tells it', () => {
    expect(planOf(operation(json), { type: 'application/json', length: 1000 })).toBe('check');
    expect(planOf(operation(json), { type: 'application/json', length: 1001 })).toBe('body-too-large');
  });
});

describe('a JSON body', () => {
  it('that holds is read without a fault', () => {
    expect(faults(json, 'application/json', '{"id":1,"tags":["a"]}')).toEqual([]);
    expect(faults({ 'application/json': {} }, 'application/json', 'null')).toEqual([]);
  });

  it('has its faults told by pointer: what is missing, wrong, unknown', () => {
    expect(faults(json, 'application/json', '{"note":1,"tags":["a",2],"x~/y":1}').toSorted()).toEqual([
      '/id missing-parameter',
      '/note wrong-value',
      '/tags/1 wrong-value',
      '/x~0~1y unknown-parameter',
    ]);
    expect(faults(json, 'application/json', '[]')).toEqual([' wrong-value']);
  });

  it('cannot hide a member by its name', () => {
    expect(faults(json, 'application/json', '{"id":1,"__proto__":{"note":1}}')).toEqual([
      '/__proto__ unknown-parameter',
    ]);
    expect(faults(json, 'application/json', '{"__proto__":{"id":1}}').toSorted()).toEqual([
      '/__proto__ unknown-parameter',
      '/id missing-parameter',
    ]);
  });

  it.each([
    ['{"id":1,}', ''],
    ['{"id":1', '/id'],
    ['', undefined],
    [' ', ''],
    ['{"id":1,"id":2}', '/id'],
    ['{"id":1e400}', '/id'],
    ['{"id":1,"note":"\\ud800"}', '/note'],
    ['\ufeff{"id":1}', ''],
    [`{"id":${'['.repeat(70)}`, `/id${'/0'.repeat(63)}`],
    ['id=1', ''],
    ['{"id":NaN}', '/id'],
    ['{"id":1}\u0000', ''],
  ])('that is malformed is malformed, schema or not: %j', (text, pointer) => {
    const due = pointer === undefined ? [' missing-body'] : [`${pointer} malformed-body`];
    expect(faults(json, 'application/json', text)).toEqual(due);
    expect(faults({ 'application/json': {} }, 'application/json', text)).toEqual(due);
  });

  it.each([
    [0xff],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0xff, 0xfe, 0x31, 0x00],
    [0x22, 0xc0, 0x80, 0x22],
  ])('that is not UTF-8 is malformed: %j', (...bytes) => {
    expect(faults({ 'application/json': {} }, 'application/json', Uint8Array.from(bytes))).toEqual([' malformed-body']);
  });

  it('tells where its syntax breaks, and nothing of what it says', () => {
    const of = operation(json);
    const [violation] = readBody(
      of,
      of.body?.content[0],
      'application/json',
      new TextEncoder().encode('{"id":\n s3cret}'),
      sizes,
    );
    expect(violation).toEqual({
      in: 'body',
      pointer: '/id',
      reason: 'malformed-body',
      due: 'a JSON value',
      arrived: 'something else at line 2, column 2 (offset 8)',
      detail: 'The body is not well-formed JSON at line 2, column 2: expected a JSON value.',
    });
  });

  it('is judged by its schema where only a range of types is declared', () => {
    expect(faults({ '*/*': { schema: order } }, 'application/json', '{}')).toEqual(['/id missing-parameter']);
    expect(faults({ 'application/*': { schema: order } }, 'application/x+json', '{"id":"x"}')).toEqual([
      '/id wrong-value',
    ]);
  });

  it('has at most fifty faults told', () => {
    const many = { 'application/json': { schema: { type: 'array', items: { type: 'string' } } } };
    expect(
      faults(many, 'application/json', JSON.stringify(Array.from({ length: 80 }, () => 1))).length,
    ).toBeLessThanOrEqual(50);
  });
});

describe('a form body', () => {
  const type = 'application/x-www-form-urlencoded';

  it('is read by the types of its schema', () => {
    expect(faults(form, type, 'id=1&note=a+b%C3%A9&tags=a&tags=b')).toEqual([]);
    expect(faults(form, type, 'id=1&tags=a')).toEqual([]);
    expect(faults(form, type, 'id=1&tags[]=a&tags[]=b')).toEqual([]);
    expect(faults(form, type, 'id=1&tags=%5B%22a%22%5D')).toEqual([]);
  });

  it('has its faults told by pointer', () => {
    expect(faults(form, type, 'id=x&other=1').toSorted()).toEqual(['/id wrong-value', '/other unknown-parameter']);
    expect(faults(form, type, 'note=a')).toEqual(['/id missing-parameter']);
    expect(faults(form, type, 'id=1&id=2')).toEqual(['/id wrong-value']);
  });

  it('that is not UTF-8, encoded or not, is refused', () => {
    expect(faults(form, type, 'id=1&note=%ff')).toEqual(['/note wrong-value']);
    expect(faults(form, type, 'id=1&x=%zz')).toEqual([' malformed-body']);
    expect(faults(form, type, Uint8Array.from([0x61, 0x3d, 0xff]))).toEqual([' malformed-body']);
  });

  it('with more members than can be meant is refused', () => {
    expect(faults(form, type, 'a=1&'.repeat(10_001))).toEqual([' malformed-body']);
  });

  it('has members written as their encoding says', () => {
    const schema = {
      type: 'object',
      properties: {
        ids: { type: 'array', items: { type: 'integer' } },
        at: { type: 'object', properties: { x: { type: 'integer' } }, additionalProperties: false },
        meta: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
        spread: { type: 'object', properties: { s: { type: 'integer' } } },
      },
      additionalProperties: false,
    };
    const encoding = {
      ids: { style: 'pipeDelimited', explode: false },
      at: { style: 'deepObject', explode: true },
      meta: { contentType: 'application/json' },
      spread: { style: 'form', explode: true },
    };
    const content = { [type]: { schema, encoding } };
    expect(faults(content, type, 'ids=1|2%7C3&at[x]=1&meta=%7B%22n%22%3A1%7D&s=5')).toEqual([]);
    expect(faults(content, type, 'ids=1|x')).toEqual(['/ids/1 wrong-value']);
    expect(faults(content, type, 'at[x]=y')).toEqual(['/at/x wrong-value']);
    expect(faults(content, type, 'at[z]=1')).toEqual(['/at/z unknown-parameter']);
    expect(faults(content, type, 'meta=n')).toEqual(['/meta wrong-value']);
    expect(faults(content, type, 'meta=%7B%22n%22%3A%22x%22%7D')).toEqual(['/meta/n wrong-value']);
    expect(faults(content, type, 's=x')).toEqual(['/spread/s wrong-value']);
  });

  it('has objects in brackets or as JSON where the document is silent', () => {
    const schema = {
      type: 'object',
      properties: {
        card: { type: 'object', properties: { cvc: { type: 'string' }, year: { type: 'integer' } }, required: ['cvc'] },
      },
    };
    const content = { [type]: { schema } };
    expect(faults(content, type, 'card[cvc]=123&card[year]=2030')).toEqual([]);
    expect(faults(content, type, `card=${encodeURIComponent('{"cvc":"1","year":2030}')}`)).toEqual([]);
    expect(faults(content, type, 'card[year]=soon&card[cvc]=1')).toEqual(['/card/year wrong-value']);
    expect(faults(content, type, 'card=x')).toEqual(['/card wrong-value']);
  });

  it('is never the cause of a throw', () => {
    const of = operation(form);
    const media = of.body?.content[0];
    const piece = fc.constantFrom(
      'id',
      'tags',
      '[',
      ']',
      '[]',
      '[0]',
      '=',
      '&',
      '%',
      '%ff',
      '+',
      '1',
      'a',
      '__proto__',
      ';',
      '{',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        expect(Array.isArray(readBody(of, media, type, new TextEncoder().encode(pieces.join('')), sizes))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a text body', () => {
  const text = { 'text/plain': { schema: { type: 'string', maxLength: 5 } } };

  it('is a string to its schema', () => {
    expect(faults(text, 'text/plain', 'short')).toEqual([]);
    expect(faults(text, 'text/plain', 'too long')).toEqual([' wrong-value']);
  });

  it('is decoded by its charset', () => {
    const latin1 = Uint8Array.from([0xe9, 0xe9, 0xe9]);
    expect(faults(text, 'text/plain; charset=iso-8859-1', latin1)).toEqual([]);
    expect(faults(text, 'text/plain', latin1)).toEqual([' malformed-body']);
    expect(planOf(operation(text), { type: 'text/plain; charset=klingon' })).toBe('unsupported-media-type');
  });
});
