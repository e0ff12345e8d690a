import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../src/body.ts';
import { splitParts } from '../src/multipart-parts.ts';
import { operationOf } from './operations.ts';

const sizes = { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 1_000_000 };
const type = 'multipart/form-data; boundary=XX';

interface Sent {
  readonly name: string;
  readonly type?: string;
  readonly filename?: string;
  readonly content: string | Uint8Array;
}

/** A body as browsers write it. */
function write(parts: readonly Sent[], boundary = 'XX'): Uint8Array {
  const chunks = parts.flatMap((part) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"` +
        `${part.filename === undefined ? '' : `; filename="${part.filename}"`}\r\n` +
        `${part.type === undefined ? '' : `Content-Type: ${part.type}\r\n`}\r\n`,
    ),
    Buffer.from(part.content),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

function split(text: string, boundary = 'b'): string | [string, string][] {
  const result = splitParts(Buffer.from(text), boundary);
  return 'due' in result ? result.due : result.parts.map((part) => [part.name, part.bytes.toString('latin1')]);
}

const field = 'Content-Disposition: form-data; name="a"\r\n';

function faults(media: object, bytes: Uint8Array, contentType = type): string[] {
  const operation = operationOf({ requestBody: { required: true, content: { 'multipart/form-data': media } } });
  return readBody(operation, operation.body?.content[0], contentType, bytes, sizes).map(
    (each) => `${each.pointer ?? ''} ${each.reason}`,
  );
}

const upload = {
  type: 'object',
  properties: {
    file: { type: 'string', contentMediaType: 'application/octet-stream' },
    count: { type: 'integer' },
    note: { type: 'string', maxLength: 5 },
    meta: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false },
    tags: { type: 'array', items: { type: 'string' } },
    numbers: { type: 'array', items: { type: 'integer' } },
  },
  required: ['file'],
  additionalProperties: false,
};
const media = { schema: upload };
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0x00]);
const file: Sent = { name: 'file', filename: 'a.png', type: 'image/png', content: png };

describe('the parts of a multipart body', () => {
  it('are what stands between the boundaries', () => {
    expect(
      split(`--b\r\n${field}\r\n1\r\n--b\r\nContent-Disposition: form-data; name=c\r\nX-Y: z\r\n\r\n2\r\n3\r\n--b--`),
    ).toEqual([
      ['a', '1'],
      ['c', '2\r\n3'],
    ]);
  });

  it.each([
    ['a preamble and an epilogue', `hello\r\n--b\r\n${field}\r\n1\r\n--b--\r\nbye`, [['a', '1']]],
    ['blanks after a boundary', `--b \t\r\n${field}\r\n1\r\n--b--`, [['a', '1']]],
    ['an empty part', `--b\r\n${field}\r\n\r\n--b--`, [['a', '']]],
    ['folded fields', '--b\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\n1\r\n--b--', [['a', '1']]],
    ['names in UTF-8', '--b\r\nContent-Disposition: form-data; name="é"\r\n\r\n1\r\n--b--', [['é', '1']]],
    [
      'escaped quotes',
      '--b\r\nContent-Disposition: form-data; name="a\\"b"; filename="c\\"d"\r\n\r\n1\r\n--b--',
      [['a"b', '1']],
    ],
    ['the boundary inside a line', `--b\r\n${field}\r\nx--b\r\n--b--`, [['a', 'x--b']]],
    ['no parts at all', '--b--\r\n', []],
  ])('may have %s', (_title, text, parts) => {
    expect(split(text)).toEqual(parts);
  });

  it.each([
    ['no boundary', 'hello', /boundary/],
    ['another boundary', `--c\r\n${field}\r\n1\r\n--c--`, /boundary/],
    ['no end', `--b\r\n${field}\r\n1\r\n--b\r\n`, /two dashes/],
    ['a cut end', `--b\r\n${field}\r\n1\r\n--b`, /after the boundary/],
    [
      'a boundary that only begins as the right one',
      `--b\r\n${field}\r\n1\r\n--bcd\r\n2\r\n--b--`,
      /after the boundary/,
    ],
    ['header fields that run into the next part', `--b\r\n${field}--b\r\n${field}\r\n1\r\n--b--`, /blank line/],
    ['no blank line', `--b\r\n${field.trim()}\r\n--b--`, /blank line/],
    ['a line that is no field', `--b\r\nnonsense\r\n${field}\r\n1\r\n--b--`, /header field in each line/],
    ['no name', '--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--', /with a name/],
    ['no disposition', '--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--', /with a name/],
    ['another disposition', '--b\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--b--', /with a name/],
    ['two dispositions', `--b\r\n${field}${field}\r\n1\r\n--b--`, /once/],
    ['two types', `--b\r\n${field}Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n1\r\n--b--`, /once/],
    ['a malformed type', `--b\r\n${field}Content-Type: nonsense\r\n\r\n1\r\n--b--`, /media type/],
    ['bare line feeds', `--b\n${field}\n1\n--b--`, /after the boundary/],
    ['too many fields', `--b\r\n${field}X: ${'x'.repeat(20_000)}\r\n\r\n1\r\n--b--`, /bytes of header fields/],
    ['too many parts', `${`--b\r\n${field}\r\n1\r\n`.repeat(1001)}--b--`, /at most 1000 parts/],
  ])('are refused with %s', (_title, text, due) => {
    expect(split(text)).toMatch(due);
  });

  it.each(['', ' ', 'a ', 'x'.repeat(201), 'é', 'a\r\nb'])('cannot be told by the boundary %j', (boundary) => {
    expect(split(`--${boundary}--`, boundary)).toMatch(/printable/);
  });

  // By a regular expression that trims the end of each line this took 16 seconds.
  it('are read whatever runs of blanks their fields have', () => {
    const part = `--b\r\nX: a${' '.repeat(16_000)}b \r\n${field}\r\n1\r\n`;
    expect(split(`${part.repeat(60)}--b--`)).toHaveLength(60);
  });

  it('are read back as they were written, whatever their bytes', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom('\r', '\n', '-', '--', 'X', '\r\n--', '\r\n--Y', ' '), { maxLength: 20 })
        .map((all) => Buffer.from(all.join(''))),
    );
    const possible = content.filter((bytes) => !Buffer.from(bytes).includes('--XX'));
    fc.assert(
      fc.property(fc.array(possible, { maxLength: 6 }), (contents) => {
        const bytes = write(contents.map((each, at) => ({ name: `n${at}`, content: each })));
        const result = splitParts(bytes, 'XX');
        expect('parts' in result && result.parts.map((part) => [part.name, part.bytes.toString('hex')])).toEqual(
          contents.map((each, at) => [`n${at}`, Buffer.from(each).toString('hex')]),
        );
      }),
    );
  });
});

describe('a multipart body', () => {
  it('of text, files, JSON and lists passes where it is valid (EOV#176, EOV#703)', () => {
    const bytes = write([
      file,
      { name: 'count', content: '5' },
      { name: 'note', content: 'é' },
      { name: 'meta', type: 'application/json', content: '{"n":1}' },
      { name: 'tags', content: 'a' },
      { name: 'tags', content: 'b' },
      { name: 'numbers', content: '7' },
    ]);
    expect(faults(media, bytes)).toEqual([]);
  });

  it('as other clients write it passes as well', () => {
    expect(faults(media, write([file, { name: 'meta', content: '{"n":1}' }]))).toEqual([]);
    expect(faults(media, write([file, { name: 'tags[]', content: 'a' }, { name: 'tags[]', content: 'b' }]))).toEqual(
      [],
    );
    expect(faults(media, write([file, { name: 'numbers', type: 'application/json', content: '[1,2]' }]))).toEqual([]);
    expect(faults(media, write([file, { name: 'count', type: 'text/plain; charset=utf-8', content: '5' }]))).toEqual(
      [],
    );
    expect(faults(media, write([{ name: 'file', content: 'just text' }]))).toEqual([]);
    expect(faults(media, write([{ ...file, content: '' }]))).toEqual([]);
    expect(faults(media, write([file], 'a b'), 'multipart/form-data; boundary="a b"')).toEqual([]);
  });

  it('that formData makes is read', async () => {
    const data = new FormData();
    data.append('file', new Blob([png], { type: 'image/png' }), 'ä"b\\c.png');
    data.append('count', '5');
    data.append('note', 'a\nb');
    const response = new Response(data);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(faults(media, bytes, response.headers.get('content-type') ?? '')).toEqual([]);
  });

  it('has its faults told by pointer', () => {
    expect(faults(media, write([{ name: 'count', content: '5' }]))).toEqual(['/file missing-parameter']);
    expect(faults(media, write([file, { name: 'count', content: 'five' }]))).toEqual(['/count wrong-value']);
    expect(faults(media, write([file, { name: 'note', content: 'too long' }]))).toEqual(['/note wrong-value']);
    expect(faults(media, write([file, { name: 'other', content: '1' }]))).toEqual(['/other unknown-parameter']);
    expect(faults(media, write([file, { name: 'meta', type: 'application/json', content: '{"n":"x"}' }]))).toEqual([
      '/meta/n wrong-value',
    ]);
    expect(faults(media, write([file, { name: 'numbers', content: '1' }, { name: 'numbers', content: 'x' }]))).toEqual([
      '/numbers/1 wrong-value',
    ]);
    expect(faults(media, write([file, { name: 'count', content: '1' }, { name: 'count', content: '1' }]))).toEqual([
      '/count wrong-value',
    ]);
  });

  it('is malformed where a part of it is, and says which', () => {
    const meta = (content: string): string[] =>
      faults(media, write([file, { name: 'meta', type: 'application/json', content }]));
    expect(meta('{"n":1,"n":2}')).toEqual(['/meta/n malformed-body']);
    expect(meta('{')).toEqual(['/meta malformed-body']);
    expect(faults(media, write([file, { name: 'note', content: Uint8Array.from([0xff]) }]))).toEqual([
      '/note malformed-body',
    ]);
  });

  it('without a usable boundary is malformed', () => {
    expect(faults(media, write([file]), 'multipart/form-data')).toEqual([' malformed-body']);
    expect(faults(media, write([file]), 'multipart/form-data; boundary=YY')).toEqual([' malformed-body']);
    expect(faults(media, write([file]), 'multipart/form-data; boundary=""')).toEqual([' malformed-body']);
  });

  it('must have parts of the types that its encoding names', () => {
    const encoded = {
      schema: upload,
      encoding: { file: { contentType: 'image/png, image/*' }, meta: { contentType: 'application/json' } },
    };
    expect(faults(encoded, write([file]))).toEqual([]);
    expect(faults(encoded, write([{ ...file, type: 'image/jpeg' }]))).toEqual([]);
    expect(faults(encoded, write([{ ...file, type: 'text/html' }]))).toEqual(['/file wrong-value']);
    expect(faults(encoded, write([{ name: 'file', content: 'x' }]))).toEqual(['/file wrong-value']);
    expect(faults(encoded, write([file, { name: 'meta', content: '{"n":1}' }]))).toEqual([]);
    expect(faults(encoded, write([file, { name: 'meta', content: '{"n":' }]))).toEqual(['/meta/n malformed-body']);
  });

  it('cannot reach a prototype', () => {
    expect(faults(media, write([file, { name: '__proto__', content: '1' }]))).toEqual(['/__proto__ unknown-parameter']);
  });

  it('is never the cause of a throw', () => {
    const bytes = write([
      file,
      { name: 'count', content: '5' },
      { name: 'meta', type: 'application/json', content: '{"n":1}' },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(bytes.length),
        (edits, cut) => {
          const broken = Uint8Array.from(bytes);
          for (const [at, byte] of edits) broken[at] = byte;
          expect(Array.isArray(faults(media, broken.subarray(0, cut)))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
