import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runFlick } from '../../../packages/cli/test/flick.ts';

it('the handlers are typed by the contract as it is', async () => {
  const [contract = '', types = ''] = ['ledger.yaml', 'src/operations.ts'].map((name) =>
    fileURLToPath(new URL(`../${name}`, import.meta.url)),
  );
  const { code, stderr } = await runFlick(
    ['types', contract, '-o', types, '--check'],
    fileURLToPath(new URL('..', import.meta.url)),
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
