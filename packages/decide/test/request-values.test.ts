import { contractFrom, type SwitchSettings } from '@flick/contract';
import { describe, expect, it } from 'vitest';
import { createDecider, factsFromBytes, type Passage, type RequestValues } from '../src/index.ts';

const string = { type: 'string' };
const document = {
  openapi: '3.1.0',
  info: { title: 'Teas', version: '1' },
  paths: {
    '/teas/{id}/{constructor}': {
      get: {
        operationId: 'getTea',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
          { name: 'constructor', in: 'path', required: true, schema: string },
          { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100, default: 20 } },
          { name: 'tag', in: 'query', schema: { type: 'array', items: string, default: ['any'] } },
          {
            name: 'page',
            in: 'query',
            style: 'deepObject',
            schema: { type: 'object', properties: { from: { type: 'integer' }, size: { default: 10 } } },
          },
          { name: 'X-Fresh', in: 'header', schema: { type: 'boolean' } },
          { name: 'theme', in: 'cookie', schema: { enum: ['dark', 'light'], default: 'light' } },
        ],
      },
    },
    '/teas': {
      post: {
        operationId: 'postTea',
        requestBody: {
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Tea' } },
            'application/x-www-form-urlencoded': { schema: { $ref: '#/components/schemas/Tea' } },
            'text/plain': { schema: string },
            'application/octet-stream': {},
            'multipart/form-data': {
              schema: {
                type: 'object',
                properties: {
                  name: string,
                  leaf: { type: 'string', contentMediaType: 'image/png' },
                  pages: { type: 'array', items: { type: 'string', contentMediaType: 'image/png' } },
                },
              },
            },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Tea: {
        type: 'object',
        required: ['name'],
        properties: {
          name: string,
          grams: { type: 'integer', default: 100 },
          kinds: { type: 'array', items: string, default: ['green'] },
        },
      },
    },
  },
};

/** Sends one request up a ladder that keeps values. */
function judged(head: string, body: string | Buffer = '', switches: SwitchSettings = {}, keepsValues = true): Passage {
  const decider = createDecider(contractFrom(document, switches), {
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    limits: [],
    limitStore: { charge: () => [], refund: () => {} },
    limitStoreDown: 'pass',
    limitHeaders: 'off',
    verifiers: new Map(),
    realm: 'teas',
    trustedProxies: [],
    sizes: { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 65_536 },
    keepsValues,
  });
  const bytes = Buffer.from(body);
  const length = bytes.length === 0 ? '' : `Content-Length: ${bytes.length}\r\n`;
  const lines = `${head.replaceAll('\n', '\r\n')}\r\nHost: a\r\n${length}\r\n`;
  const request = Buffer.concat([Buffer.from(lines), bytes]);
  const { facts } = factsFromBytes(request, { address: '192.0.2.1', secure: false });
  const passage = decider.judgeHead(facts);
  if (passage instanceof Promise) throw new Error('a promise came');
  return passage.bodyPlan === 'check' ? decider.judgeBody(passage, bytes) : passage;
}

function valuesOf(...request: Parameters<typeof judged>): RequestValues {
  const { verdict, values } = judged(...request);
  expect(verdict.kind).toBe('pass');
  if (values === undefined) throw new Error('no values were kept');
  return values;
}

function post(type: string, body: string | Buffer, switches?: SwitchSettings): unknown {
  return valuesOf(`POST /teas HTTP/1.1\nContent-Type: ${type}`, body, switches).body;
}

function part(name: string, text: string): string {
  return `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
}

describe('a ladder that keeps values', () => {
  it('has every parameter as it was read for the check', () => {
    const { params, query, headers, cookies } = valuesOf(
      'GET /teas/7/a%20b?limit=5&tag=x&tag=1&page[from]=3 HTTP/1.1\nx-fresh: true\nCookie: theme=dark',
    );
    expect(Object.entries(params)).toEqual([
      ['id', 7],
      ['constructor', 'a b'],
    ]);
    expect({ ...query }).toEqual({ limit: 5, tag: ['x', '1'], page: { from: 3, size: 10 } });
    expect({ ...headers }).toEqual({ 'x-fresh': true });
    expect({ ...cookies }).toEqual({ theme: 'dark' });
  });

  it('fills in defaults, and leaves out what has none', () => {
    const { query, headers, cookies } = valuesOf('GET /teas/7/x HTTP/1.1');
    expect({ ...query }).toEqual({ limit: 20, tag: ['any'] });
    expect(Object.keys(headers)).toEqual([]);
    expect({ ...cookies }).toEqual({ theme: 'light' });
    expect('toString' in query).toBe(false);
  });

  it('gives every request its own defaults, which it may change', () => {
    const list = valuesOf('GET /teas/7/x HTTP/1.1').query['tag'];
    if (Array.isArray(list)) list.push('changed');
    expect(valuesOf('GET /teas/7/x HTTP/1.1').query['tag']).toEqual(['any']);
  });

  it('has the body, in whichever type it came', () => {
    const tea = { name: 'Sencha', grams: 100, kinds: ['green'] };
    expect(post('application/json', '{"name":"Sencha"}')).toEqual(tea);
    expect(post('application/json', '{"name":"Sencha","grams":5,"kinds":[]}')).toEqual({ ...tea, grams: 5, kinds: [] });
    expect({ ...Object(post('application/x-www-form-urlencoded', 'name=Sencha&grams=7')) }).toEqual({
      ...tea,
      grams: 7,
    });
    expect(post('text/plain', 'hot')).toBe('hot');
    expect(post('application/octet-stream', 'x')).toBeUndefined();
    expect(valuesOf('POST /teas HTTP/1.1').body).toBeUndefined();
  });

  it('has buffers of the parts of a multipart body that are declared binary', () => {
    const parts = `${part('name', 'é')}${part('leaf', '\xff\x00')}${part('pages', '\xfe')}${part('pages', '1')}--b--\r\n`;
    const body = Buffer.from(parts.replace('é', '\xc3\xa9'), 'latin1');
    expect({ ...Object(post('multipart/form-data; boundary=b', body)) }).toEqual({
      name: 'é',
      leaf: Buffer.from([255, 0]),
      pages: [Buffer.from([254]), Buffer.from('1')],
    });
  });

  it('has buffers of parts that are numbered in brackets, in the order of their numbers', () => {
    const body = Buffer.from(`${part('pages[1]', '1')}${part('pages[0]', '\xfe')}--b--\r\n`, 'latin1');
    expect({ ...Object(post('multipart/form-data; boundary=b', body)) }).toEqual({
      pages: [Buffer.from([254]), Buffer.from('1')],
    });
  });

  it('has what came under observe too, though it would be refused', () => {
    const observed = judged('GET /teas/x/y?limit=1000&more=1 HTTP/1.1', '', { mode: 'observe' });
    expect(observed.observed?.violations).toHaveLength(3);
    expect({ ...observed.values?.params }).toEqual({ id: 'x', constructor: 'y' });
    expect(observed.values?.query['limit']).toBe(1000);
    expect(post('application/json', '{"grams":"many"}', { mode: 'observe' })).toMatchObject({ grams: 'many' });
  });

  it('keeps nothing where nobody wants it', () => {
    expect(judged('GET /teas/7/x HTTP/1.1', '', {}, false).values).toBeUndefined();
  });
});
