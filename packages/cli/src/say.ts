import { printable } from '@flick/settings/printable';

/** Says one line on stderr. Names of documents and settings are in it: nothing of it may steer the terminal. */
export function say(line: string): void {
  process.stderr.write(`flick: ${printable(line, 2000)}\n`);
}
