import { contractFrom, type ContractSettings } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, faultLines, operationOf, responses, withOperation } from './documents.ts';

const plain = {
  mode: 'enforce',
  unknownQuery: 'refuse',
  unknownMembers: 'as_schema',
  hideMethods: false,
  fold: true,
  shed: 'may',
  responses: 'off',
  responsesSample: 1,
};

it('enforces, refuses unknown parameters and folds by default', () => {
  const contract = contractFrom(withOperation({}));
  expect(contract.switches).toEqual(plain);
  expect(operationOf(contract).switches).toEqual(plain);
});

it('takes settings for all, and for one operation', () => {
  const settings: ContractSettings = { mode: 'observe', fold: false, operations: { getThings: { mode: 'enforce' } } };
  const contract = contractFrom(withOperation({}), settings);
  expect(contract.switches).toEqual({ ...plain, mode: 'observe', fold: false });
  expect(operationOf(contract).switches).toEqual({ ...plain, fold: false });
});

it('takes the sample with the level that says to watch, and with no other', () => {
  const operations: ContractSettings['operations'] = { getThings: { responses: 'enforce' } };
  const contract = contractFrom(withOperation({}), { responses: { mode: 'watch', sample: 0.1 }, operations });
  expect(contract.switches).toMatchObject({ responses: 'watch', responsesSample: 0.1 });
  expect(operationOf(contract).switches).toMatchObject({ responses: 'enforce', responsesSample: 1 });
});

it('reads x-flick of the operation', () => {
  const flick = {
    mode: 'observe',
    unknown_query: 'pass',
    unknown_members: 'refuse',
    hide_methods: true,
    fold: false,
    shed: 'never',
    responses: { mode: 'watch', sample: 0.25 },
  };
  const contract = contractFrom(withOperation({ 'x-flick': flick }));
  expect(operationOf(contract).switches).toEqual({
    mode: 'observe',
    unknownQuery: 'pass',
    unknownMembers: 'refuse',
    hideMethods: true,
    fold: false,
    shed: 'never',
    responses: 'watch',
    responsesSample: 0.25,
  });
  expect(contract.switches).toEqual(plain);
  expect(contract.faults).toEqual([]);
});

it('lets the nearer place decide: settings for the operation, operation, path, settings, document', () => {
  const levels: { settings: ContractSettings; operation: object; path: object; document: object }[] = [
    { settings: {}, operation: {}, path: {}, document: {} },
    { settings: {}, operation: {}, path: {}, document: { 'x-flick': { mode: 'observe' } } },
    { settings: { mode: 'enforce' }, operation: {}, path: {}, document: { 'x-flick': { mode: 'observe' } } },
    { settings: { mode: 'enforce' }, operation: {}, path: { 'x-flick': { mode: 'observe' } }, document: {} },
    {
      settings: { mode: 'observe' },
      operation: { 'x-flick': { mode: 'enforce' } },
      path: { 'x-flick': { mode: 'observe' } },
      document: {},
    },
    {
      settings: { mode: 'enforce', operations: { getThings: { mode: 'observe' } } },
      operation: { 'x-flick': { mode: 'enforce' } },
      path: { 'x-flick': { mode: 'enforce' } },
      document: { 'x-flick': { mode: 'enforce' } },
    },
  ];
  const modes = levels.map(({ settings, operation, path, document }) => {
    const item = { ...path, get: { operationId: 'getThings', responses, ...operation } };
    return operationOf(contractFrom(documentOf({ '/things': item }, document), settings)).switches.mode;
  });
  expect(modes).toEqual(['enforce', 'observe', 'enforce', 'observe', 'enforce', 'observe']);
});

it.each([
  [{ mod: 'observe' }, /^"mod" is no switch of Flick and is left out; did you mean "mode"\?$/],
  [{ colour: 'red' }, /"colour" is no switch .*; write one of mode, unknown_query/],
  [{ mode: 'off' }, /"mode" has an unknown value and is left out; write one of enforce, observe/],
  [{ fold: 'no' }, /"fold" has an unknown value/],
  [{ responses: 'maybe' }, /"responses" has an unknown value .*; write one of off, watch, enforce, \{ mode: watch/],
  [{ responses: { mode: 'enforce', sample: 0.5 } }, /"responses" has an unknown value/],
  [{ responses: { mode: 'watch', sample: 0 } }, /"responses" has an unknown value/],
  [['observe'], /"x-flick" is not an object/],
  ['observe', /"x-flick" is not an object/],
])('warns of the x-flick %j and leaves it out', (flick, message) => {
  const contract = contractFrom(withOperation({ 'x-flick': flick }));
  expect(operationOf(contract).switches).toEqual(plain);
  expect(faultLines(contract)).toEqual([expect.stringContaining(`warning /paths/~1things/get/x-flick`)]);
  expect(contract.faults[0]?.message).toMatch(message);
});

it('refuses settings for an operation that the document does not have, with the nearest spelling', () => {
  const message = 'api.yaml: has no operation "getThing", which the settings name; did you mean "getThings"?';
  expect(() => contractFrom(withOperation({}), { operations: { getThing: {} } }, 'api.yaml')).toThrow(
    expect.objectContaining({ name: 'ContractError', message }),
  );
});

it('names an operation without an id by method and path', () => {
  const document = documentOf({ '/a': { get: { responses } } });
  const contract = contractFrom(document, { operations: { 'GET /a': { mode: 'observe' } } });
  expect(contract.operations[0]?.switches.mode).toBe('observe');
});

it('takes the table of the settings', () => {
  expect(contractFrom(withOperation({})).table.name).toBe('default');
  expect(contractFrom(withOperation({}), { codes: [404, 500] }).table.codes).toEqual([404, 500]);
});
