import { setTimeout as sleep } from 'node:timers/promises';
import { contractFrom, type ContractFault } from '@flick/contract';
import { describe, expect, it } from 'vitest';
import { describeFaults } from '../src/contract-report.ts';
import { createWarmUp } from '../src/warm-up.ts';

const paths = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [
    `/thing${index}`,
    {
      get: {
        operationId: `getThing${index}`,
        parameters: [{ name: 'size', in: 'query', schema: { type: 'integer', minimum: index } }],
        responses: { 200: { description: 'A thing.' } },
      },
    },
  ]),
);

/** A contract of 40 operations, and the ids of those that were warmed. */
function contractOfThings() {
  const warmed: string[] = [];
  const contract = contractFrom({ openapi: '3.1.0', info: { title: 'Things', version: '1' }, paths });
  const broken = fault('error', 'cannot be compiled');
  return {
    warmed,
    broken,
    contract: {
      ...contract,
      warm: (operation: (typeof contract.operations)[number]) => {
        warmed.push(operation.id);
        return operation.id === 'getThing39' ? broken : contract.warm(operation);
      },
    },
  };
}

describe('the warm-up', () => {
  it('compiles every operation once, in the order of the document', () => {
    const { contract, warmed, broken } = contractOfThings();
    const warmUp = createWarmUp(contract);
    warmUp.runFor(Number.POSITIVE_INFINITY);
    warmUp.runFor(Number.POSITIVE_INFINITY);
    expect(warmed).toEqual(contract.operations.map(({ id }) => id));
    expect(warmUp.faults).toEqual([broken]);
  });

  it('compiles nothing before listening where it may take no time, and all of it later', async () => {
    const { contract, warmed, broken } = contractOfThings();
    const warmUp = createWarmUp(contract);
    warmUp.runFor(0);
    expect(warmed).toEqual([]);
    const faults = await new Promise<readonly ContractFault[]>((resolve) => {
      warmUp.runInBackground(resolve);
    });
    expect(faults).toEqual([broken]);
    expect(warmed).toHaveLength(40);
  });

  it('compiles an operation whose schemas lead to one another in many slices', () => {
    const schemas = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [
        `S${index}`,
        { type: 'object', properties: { next: { $ref: `#/components/schemas/S${(index + 1) % 100}` } } },
      ]),
    );
    const content = { 'application/json': { schema: { $ref: '#/components/schemas/S0' } } };
    const post = { requestBody: { content }, responses: { 204: { description: 'Taken.' } } };
    const contract = contractFrom({
      openapi: '3.1.0',
      info: { title: 'Things', version: '1' },
      paths: { '/things': { post } },
      components: { schemas },
    });
    const warmed: string[] = [];
    const warmUp = createWarmUp({
      ...contract,
      warm: (operation) => {
        warmed.push(operation.id);
        return contract.warm(operation);
      },
    });
    let slices = 0;
    for (; warmed.length === 0 && slices < 1_000; slices += 1) warmUp.runFor(Number.MIN_VALUE);
    expect(slices).toBeGreaterThan(100);
    expect(warmed).toHaveLength(1);
  });

  it('leaves off when it is stopped', async () => {
    const { contract, warmed } = contractOfThings();
    const warmUp = createWarmUp(contract);
    warmUp.runInBackground(() => {});
    warmUp.stop();
    await sleep(20);
    expect(warmed).toEqual([]);
  });
});

function fault(severity: 'error' | 'warning', message: string): ContractFault {
  return { severity, message, file: 'openapi.yaml', line: 12, column: 3, pointer: '/paths/~1tea' };
}

describe('the report of faults', () => {
  it('gives severity, place, pointer and message, errors first', () => {
    expect(
      describeFaults([fault('warning', 'odd'), fault('error', 'bad'), { ...fault('warning', 'far'), line: 0 }]),
    ).toEqual([
      'error: openapi.yaml:12:3: /paths/~1tea: bad',
      'warning: openapi.yaml:12:3: /paths/~1tea: odd',
      'warning: openapi.yaml: /paths/~1tea: far',
    ]);
  });

  it('counts what is beyond fifty', () => {
    const lines = describeFaults(Array.from({ length: 60 }, () => fault('warning', 'odd')));
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('10 more faults of the contract are not shown');
  });
});
