import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const soak = fileURLToPath(new URL('../../bench/soak.js', import.meta.url));

test('a short soak holds: every answer is the one that is due, all is on record, and nothing is held on to', async () => {
  const run = promisify(execFile)(process.execPath, [soak, '--requests', '10000', '--seed', '7']);
  const printed = await run.then(
    ({ stdout }) => stdout,
    (failed: { stdout: string }) => failed.stdout,
  );
  expect(printed).toContain('10,000 requests, 0 other than due');
  expect(printed).not.toContain('DOES NOT HOLD');
}, 300_000);
