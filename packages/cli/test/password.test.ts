import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { type PasswordInput, readPassword } from '../src/password.ts';

/** A terminal that is typed at, and what it shows. */
function makeTerminal() {
  const modes: boolean[] = [];
  const input: PasswordInput = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  });
  const shown = new PassThrough();
  return { input, modes, prompt: shown, shown: () => String(shown.read() ?? '') };
}

it.each([
  ['typed twice', ['correct horse\r', 'correct horse\r'], 'correct horse'],
  ['typed key by key', Array.from('café\rcafé\r'), 'café'],
  ['pasted at once', ['correct horse\ncorrect horse\n'], 'correct horse'],
  ['mended by backspace', ['😀\u007fab\u007f\bcd\r', 'cd\r'], 'cd'],
])('a password %s at a terminal is read and not shown', async (_, keys, password) => {
  const { input, modes, prompt, shown } = makeTerminal();
  const read = readPassword(input, prompt);
  for (const key of keys) input.push(key);
  expect(await read).toBe(password);
  expect(modes).toEqual([true, false]);
  expect(shown()).toBe('Password: \nThe same again: \n');
});

it.each([
  ['the two differ', ['correct horse\r', 'correct hose\r'], 'the two passwords differ; nothing was written'],
  ['Ctrl-C', ['corr\u0003'], 'stopped; nothing was written'],
  ['Ctrl-D', ['\u0004'], 'stopped; nothing was written'],
])('%s leaves the terminal as it was', async (_, keys, message) => {
  const { input, modes, prompt } = makeTerminal();
  const read = readPassword(input, prompt);
  for (const key of keys) input.push(key);
  await expect(read).rejects.toThrow(message);
  expect(modes).toEqual([true, false]);
});

it('input that never ends a line is read no further than a password can be', async () => {
  const input = new PassThrough();
  const read = readPassword(input, new PassThrough());
  for (let sent = 0; sent < 8; sent += 1) input.write('x'.repeat(1024));
  expect((await read).length).toBeLessThanOrEqual(8192);
});
