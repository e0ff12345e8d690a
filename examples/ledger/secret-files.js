import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Writes each caller's field, and each secret body, to a file that only its owner can read, for `curl -H @file` and
 * `curl -d @file`: the lines to paste stay short, and no secret lands in the history of a shell.
 */
export function writeSecretFiles(callers, secrets) {
  const folder = mkdtempSync(join(shortFolder(), 'flick-'));
  const pathOf = (name) => join(folder, name);
  const write = (name, text) => writeFileSync(pathOf(name), `${text}\n`, { mode: 0o600 });
  for (const [name, fields] of Object.entries(callers)) {
    write(
      name,
      Object.entries(fields)
        .map(([field, value]) => `${field}: ${value}`)
        .join('\n'),
    );
  }
  for (const [name, body] of Object.entries(secrets)) write(name, body);
  return { pathOf, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function shortFolder() {
  try {
    accessSync('/tmp', constants.W_OK);
    return '/tmp';
  } catch {
    return tmpdir();
  }
}
