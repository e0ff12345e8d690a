import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The path of a file in a folder of its own, which is gone when the test is over. Not made where `text` is absent. */
export function temporaryFile(name: string, text?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'flick-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
  return path;
}
