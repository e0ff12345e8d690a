import { contractFrom } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, faultLines, operationOf, responses, withOperation } from './documents.ts';

function templatesOf(servers: unknown): readonly string[] {
  return operationOf(contractFrom(withOperation({}, { servers }))).templates;
}

it.each([
  [undefined, ['/things']],
  [[], ['/things']],
  [[{ url: '/' }], ['/things']],
  [[{ url: 'https://api.example.com' }], ['/things']],
  [[{ url: 'https://api.example.com/v1/' }], ['/v1/things']],
  [
    [{ url: '/v1' }, { url: 'http://localhost:80/v1//' }, { url: 'http://localhost/v2?a=b#c' }],
    ['/v1/things', '/v2/things'],
  ],
  [[{ url: 'v1' }], ['/v1/things']],
  [[{ url: './v1/../v2' }], ['/v2/things']],
  [[{ url: '//api.example.com/v3' }], ['/v3/things']],
  [[{ url: '/caf\u00e9' }], ['/caf%C3%A9/things']],
])('puts the base paths of %j before each path', (servers, templates) => {
  expect(templatesOf(servers)).toEqual(templates);
});

it('replaces variables by their default and each value of their enum', () => {
  const variables = {
    region: { default: 'eu', enum: ['eu', 'us'] },
    port: { default: 443 },
    version: { default: 'v2', enum: ['v1', 'v2', 'v3'] },
  };
  expect(templatesOf([{ url: 'https://{region}.example.com:{port}/{version}', variables }])).toEqual([
    '/v2/things',
    '/v1/things',
    '/v3/things',
  ]);
});

it('bounds the base paths that variables multiply to', () => {
  const variable = { default: '0', enum: Array.from({ length: 50 }, (_, index) => String(index)) };
  const url = `https://{a}.{b}.{c}.{d}/{e}/{f}`;
  const variables = { a: variable, b: variable, c: variable, d: variable, e: variable, f: variable };
  const contract = contractFrom(withOperation({}, { servers: [{ url, variables }] }));
  expect(operationOf(contract).templates).toHaveLength(16);
  expect(faultLines(contract)).toEqual([expect.stringContaining('more than 16 base paths')]);
});

it.each([
  [[{ url: 'http://[bad/' }, { url: '/v1' }], ['/v1/things'], /cannot be read and is left out/],
  [[{ url: '/{a}' }, { url: '/v1' }], ['/v1/things'], /"a" has no default/],
  [[{ url: '/{a}', variables: { a: { default: '{a}{a}' } } }], ['/things'], /"a" has no default/],
  [[{ url: 'http://localhost//v1//a' }], ['/v1/a/things'], /has an empty segment/],
  [[{ url: 'mailto:someone@example.com' }], ['/things'], /cannot be read/],
  [[{}], ['/things'], /has no "url"/],
  [['/v1'], ['/things'], /has no "url"/],
  ['/v1', ['/things'], /"servers" is not a list/],
])('leaves a broken server of %j out, and says so', (servers, templates, message) => {
  const contract = contractFrom(withOperation({}, { servers }));
  expect(operationOf(contract).templates).toEqual(templates);
  expect(faultLines(contract)).toEqual([expect.stringMatching(message)]);
  expect(contract.faults[0]?.severity).toBe('warning');
});

it('lets the servers of a path replace those of the document, and those of an operation those of its path', () => {
  const contract = contractFrom(
    documentOf(
      {
        '/a': { get: { operationId: 'a', responses } },
        '/b': {
          servers: [{ url: '/path' }],
          get: { operationId: 'b', responses },
          put: { operationId: 'c', servers: [{ url: '/own' }], responses },
        },
      },
      { servers: [{ url: '/all' }] },
    ),
  );
  expect(contract.operations.map(({ templates }) => templates[0])).toEqual(['/all/a', '/path/b', '/own/b']);
});

it.each([
  ['', '/things'],
  ['/', '/things'],
  ['/gate', '/gate/things'],
  ['gate/', '/gate/things'],
  ['https://example.com/gate', '/gate/things'],
])('takes the base path %j of the settings before every server', (basePath, template) => {
  const document = withOperation({ servers: [{ url: '/own' }] }, { servers: [{ url: '/all' }] });
  expect(operationOf(contractFrom(document, { basePath })).templates).toEqual([template]);
});

it('refuses a base path in the settings that is none', () => {
  expect(() => contractFrom(withOperation({}), { basePath: 'http://[bad' })).toThrow(/below the base path "http:/);
});

it('hides only the templates that an earlier operation takes, where base paths overlap', () => {
  const contract = contractFrom(
    documentOf(
      { '/v1/a': { get: { operationId: 'first', responses } }, '/a': { get: { operationId: 'second', responses } } },
      { servers: [{ url: '/' }, { url: '/v1' }] },
    ),
  );
  expect(operationOf(contract, 'first').templates).toEqual(['/v1/a', '/v1/v1/a']);
  expect(operationOf(contract, 'second')).toMatchObject({ templates: ['/a'], broken: undefined });
  expect(faultLines(contract)).toEqual([expect.stringMatching(/^warning .*hidden by GET \/v1\/a/)]);
});
