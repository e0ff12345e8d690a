import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Writes each caller's Authorization field to a file that only its owner can read, for `curl -H @file`: the lines to
 * paste stay short, and no token lands in the history of a shell.
 */
export function writeHeaderFiles(tokens) {
  const folder = mkdtempSync(join(shortFolder(), 'flick-'));
  for (const [who, token] of Object.entries(tokens)) {
    writeFileSync(join(folder, who), `Authorization: Bearer ${token}\n`, { mode: 0o600 });
  }
  return {
    pathOf: (who) => join(folder, who),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function shortFolder() {
  try {
    accessSync('/tmp', constants.W_OK);
    return '/tmp';
  } catch {
    return tmpdir();
  }
}
