import { describe, expect, it } from 'vitest';
import { openService } from './open-service.ts';
import { teas } from './teas.ts';
import { ask, expectProblem } from './wire-client.ts';

const last = 'GET /teas/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const name = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
const content = { 'application/json': { schema: name } };
const { get, ...item } = teas.paths['/teas/{id}'];

/** The teas, with a schema for one. */
const contract = {
  ...teas,
  paths: {
    ...teas.paths,
    '/teas/{id}': { ...item, get: { ...get, responses: { 200: { description: 'It.', content } } } },
  },
};

async function* chunks(...parts: readonly string[]): AsyncGenerator<string> {
  yield* parts;
}

const streamed = (...parts: readonly string[]) => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: chunks(...parts),
});

describe('what handlers answer, watched', () => {
  it.each([
    ['a value', { name: 7 }],
    ['nothing', undefined],
    ['a stream', streamed('{"na', 'me":7}')],
    ['a code that is not declared', { status: 203, body: { name: 'Sencha' } }],
  ])('passes and is told where it is %s that breaks the contract', async (_, answer) => {
    const { port, settled } = await openService({ getTea: () => answer }, { contract, responses: 'watch' });
    const { answers } = await ask(port, last);
    expect(answers[0]?.status).toBeLessThan(300);
    expect(await settled(1)).toMatchObject([{ reason: undefined, observed: { reason: 'response-breach' } }]);
  });

  it.each([
    ['a value', { name: 'Sencha' }],
    ['a stream', streamed('{"na', 'me":"Sencha"}')],
  ])('is nothing to tell where it is %s that holds', async (_, answer) => {
    const { port, settled } = await openService({ getTea: () => answer }, { contract, responses: 'watch' });
    expect((await ask(port, last)).answers).toMatchObject([{ status: 200, body: '{"name":"Sencha"}' }]);
    expect(await settled(1)).toMatchObject([{ status: 200, observed: undefined }]);
  });
});

describe('what handlers answer, enforced', () => {
  it.each([
    ['a value', { name: ['canary'] }],
    ['nothing', undefined],
    ['a stream', streamed('{"na', 'me":["canary"]}')],
    ['a code that is not declared', { status: 203, body: { name: 'canary' } }],
  ])('is 500 and not seen where it is %s that breaks the contract', async (_, answer) => {
    const { port, settled } = await openService({ getTea: () => answer }, { contract, responses: 'enforce' });
    const { answers } = await ask(port, last);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 500, 'response-breach');
    expect(JSON.stringify(answers)).not.toContain('canary');
    expect(await settled(1)).toMatchObject([{ status: 500, reason: 'response-breach' }]);
  });

  it.each([
    ['a value', { name: 'Sencha' }],
    ['a stream', streamed('{"na', 'me":"Sencha"}')],
  ])('passes where it is %s that holds', async (_, answer) => {
    const { port } = await openService({ getTea: () => answer }, { contract, responses: 'enforce' });
    expect((await ask(port, last)).answers).toMatchObject([{ status: 200, body: '{"name":"Sencha"}' }]);
  });

  it('passes unchecked, and counted, beyond the bound', async () => {
    const parts = ['{"name":', '"a",', '"b":"cdefgh"}'];
    const { port, settled } = await openService(
      { getTea: () => streamed(...parts) },
      { contract, responses: 'enforce', sizes: { body: '10B' } },
    );
    expect((await ask(port, last)).answers).toMatchObject([{ status: 200, body: parts.join('') }]);
    expect(await settled(1)).toMatchObject([{ status: 200, unchecked: 'size' }]);
  });
});
