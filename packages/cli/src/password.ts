import type { Readable, Writable } from 'node:stream';
import { StartFault } from '@flick/settings/start-fault';

/** Where a password comes from: a terminal, or anything else that is read. */
export type PasswordInput = Readable & {
  readonly isTTY?: boolean;
  readonly setRawMode?: (raw: boolean) => unknown;
};

const MAX_INPUT = 4096;

/**
 * Reads a password: at a terminal twice and without echo, else the first line of the input.
 *
 * @throws StartFault where there is none, or the two differ
 */
export async function readPassword(input: PasswordInput, prompt: Writable): Promise<string> {
  input.setEncoding('utf8');
  if (input.isTTY !== true) return readFirstLine(input);
  const [first = '', second] = await typed(input, prompt, ['Password: ', 'The same again: ']);
  if (first !== second) throw new StartFault('the two passwords differ; nothing was written');
  return first;
}

async function readFirstLine(input: PasswordInput): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes('\n') || text.length > MAX_INPUT) break;
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line !== '') return line;
  throw new StartFault('no password: type it, or send it to stdin, as in `flick users add alice < password.txt`');
}

/** Reads lines of which nothing is shown. The terminal is as it was afterwards. */
function typed(terminal: PasswordInput, prompt: Writable, prompts: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    let line = '';
    const end = (): void => {
      terminal.off('data', take);
      terminal.setRawMode?.(false);
      terminal.pause();
    };
    const take = (text: string): void => {
      for (const key of text) {
        if (key === '\r' || key === '\n') {
          lines.push(line);
          line = '';
          prompt.write(`\n${prompts[lines.length] ?? ''}`);
          if (lines.length < prompts.length) continue;
          end();
          resolve(lines);
          return;
        }
        // Raw mode hands over what would be signals: Ctrl-C and Ctrl-D.
        if (key === '\u0003' || key === '\u0004') {
          prompt.write('\n');
          end();
          reject(new StartFault('stopped; nothing was written'));
          return;
        }
        line = key === '\u007f' || key === '\b' ? Array.from(line).slice(0, -1).join('') : line + key;
      }
    };
    terminal.setRawMode?.(true);
    terminal.on('data', take);
    prompt.write(prompts[0] ?? '');
  });
}
