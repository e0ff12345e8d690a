import { contractFrom } from '@flick/contract';
import { expect, it } from 'vitest';
import { faultLines, operationOf, withOperation } from './documents.ts';

const securitySchemes = {
  bearer: { type: 'http', scheme: 'Bearer' },
  basic: { type: 'http', scheme: 'BASIC' },
  'x-key': { type: 'apiKey', in: 'query', name: 'key' },
  login: { type: 'oauth2', flows: {} },
  oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://example.com' },
  tls: { type: 'mutualTLS' },
};

function securityOf(
  operation: object,
  more: object = {},
): { written: string[][]; faults: string[]; broken: string | undefined } {
  const contract = contractFrom(withOperation(operation, { components: { securitySchemes }, ...more }));
  const { security, broken } = operationOf(contract);
  const written = security.map((all) => all.map(({ scheme, scopes }) => [scheme.name, ...scopes].join(' ')));
  return { written, faults: faultLines(contract), broken };
}

it('reads the schemes of the document', () => {
  const { schemes } = contractFrom(withOperation({}, { components: { securitySchemes } }));
  expect([...schemes.values()]).toEqual([
    { name: 'bearer', type: 'http', scheme: 'bearer' },
    { name: 'basic', type: 'http', scheme: 'basic' },
    { name: 'x-key', type: 'apiKey', in: 'query', parameter: 'key' },
    { name: 'login', type: 'oauth2', scheme: 'bearer' },
    { name: 'oidc', type: 'openIdConnect', scheme: 'bearer' },
    { name: 'tls', type: 'mutualTLS' },
  ]);
});

it('is open to all where nothing is said', () => {
  expect(securityOf({})).toEqual({ written: [], faults: [], broken: undefined });
});

it('takes the security of the document, unless the operation says otherwise', () => {
  const more = { security: [{ bearer: ['read'] }] };
  expect(securityOf({}, more).written).toEqual([['bearer read']]);
  expect(securityOf({ security: [{ basic: [] }] }, more).written).toEqual([['basic']]);
  expect(securityOf({ security: [] }, more).written).toEqual([]);
});

it('reads alternatives, combinations, and the empty alternative', () => {
  const security = [{ bearer: ['a', 'b'], 'x-key': [] }, { login: ['c'] }, {}];
  expect(securityOf({ security }).written).toEqual([['bearer a b', 'x-key'], ['login c'], []]);
});

it('reads a scheme that a requirement of OpenAPI 3.2 names by its URI', () => {
  const security = [{ '#/components/x-schemes/other': [] }];
  const document = withOperation({ security }, { components: { 'x-schemes': { other: securitySchemes.bearer } } });
  const contract = contractFrom({ ...document, openapi: '3.2.0' });
  expect(operationOf(contract).security[0]?.[0]?.scheme).toMatchObject({ type: 'http', scheme: 'bearer' });
  expect(operationOf(contractFrom(document)).broken).toMatch(/is not declared/);
});

it('needs no scopes where YAML has left them empty, and says so', () => {
  const { written, broken, faults } = securityOf({ security: [{ bearer: null }] });
  expect(written).toEqual([['bearer']]);
  expect(broken).toBeUndefined();
  expect(faults).toEqual([expect.stringMatching(/^warning .*the scopes are empty/)]);
});

it.each([
  ['a scheme that is not declared', [{ beerer: [] }], /"beerer" is not declared; .*; did you mean "bearer"\?/],
  ['an undeclared scheme beside a good one', [{ bearer: [], none: [] }], /"none" is not declared/],
  ['a list that is none', { bearer: [] }, /"security" is not a list/],
  ['null', null, /"security" is not a list/],
  ['a requirement that is text', ['bearer'], /is not an object; write it as/],
  ['scopes that are no list', [{ bearer: 'read' }], /the scopes are not a list/],
  ['a scope that is no text', [{ bearer: [1] }], /a scope is not text/],
])('breaks an operation with %s, rather than open it', (_what, security, reason) => {
  const { broken, faults } = securityOf({ security });
  expect(broken).toMatch(reason);
  expect(faults).toEqual([expect.stringMatching(/^error /)]);
});

it.each([
  [{ type: 'basic' }, /write type: http and scheme: basic/],
  [{ type: 'magic' }, /has no known "type"/],
  [{}, /has no known "type"/],
  [{ type: 'http' }, /has no "scheme"/],
  [{ type: 'apiKey', name: 'key' }, /needs "name" and "in"/],
  [{ type: 'apiKey', in: 'header' }, /needs "name" and "in"/],
  [{ type: 'apiKey', in: 'body', name: 'key' }, /needs "name" and "in"/],
  ['bearer', /is not an object/],
  [{ $ref: '#/components/securitySchemes/none' }, /points at nothing/],
])('breaks the operations that need the scheme %j, and only warns where none does', (scheme, reason) => {
  const components = { securitySchemes: { odd: scheme } };
  const needed = securityOf({ security: [{ odd: [] }, {}] }, { components });
  expect(needed.broken).toMatch(reason);
  expect(needed.faults).toEqual([expect.stringMatching(/^error \/components\/securitySchemes\/odd/)]);
  const unneeded = securityOf({}, { components });
  expect(unneeded.broken).toBeUndefined();
  expect(unneeded.faults).toEqual([expect.stringMatching(/^warning \/components\/securitySchemes\/odd/)]);
});

it('breaks each operation that inherits a security it cannot read, and reports it once', () => {
  const contract = contractFrom(withOperation({ security: undefined }, { security: [{ none: [] }] }));
  expect(operationOf(contract).broken).toMatch(/"none" is not declared/);
  expect(contract.faults).toEqual([expect.objectContaining({ severity: 'error', pointer: '/security/0/none' })]);
});
