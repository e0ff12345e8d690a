import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from './temporary-folder.ts';

const untilStopped = new URL('../dist/until-stopped.js', import.meta.url).href;

/** Runs a program that waits to be stopped, and that meanwhile does what `body` says. */
async function run(body: string, stop = '() => Promise.resolve()') {
  const program = `
    import { untilStopped } from ${JSON.stringify(untilStopped)};
    const alive = setInterval(() => {}, 1000);
    const stopped = untilStopped({ stop: ${stop} }, (line) => console.log(line));
    ${body}
    process.exitCode = await stopped;
    console.log('stopped');
    clearInterval(alive);
  `;
  const child = spawn(process.execPath, [join(folderWith({ 'program.mjs': program }), 'program.mjs')]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { code, lines: output.trimEnd().split('\n') };
}

describe('a fault that nobody caught', () => {
  it.each([
    ['thrown', "setImmediate(() => { throw new TypeError('c4nary'); });"],
    ['a rejection', "void Promise.reject(new TypeError('c4nary'));"],
  ])('is said without its message, and ends the process with 70 after a drain (%s)', async (_, body) => {
    const { code, lines } = await run(body);
    expect(lines[0]).toMatch(/^failed within: TypeError at .*program\.mjs:\d+:\d+/);
    expect(lines.join('\n')).not.toContain('c4nary');
    expect(lines.at(-1)).toBe('stopped');
    expect(code).toBe(70);
  });

  it('ends the process at once where it is the second', async () => {
    const { code, lines } = await run(
      "setImmediate(() => { throw new Error('one'); }); setTimeout(() => { throw 'two'; }, 50);",
      '() => new Promise(() => {})',
    );
    expect(lines).toEqual([
      expect.stringMatching(/^failed within: Error at /),
      'failed within: something that is no error was thrown',
    ]);
    expect(code).toBe(70);
  });

  it('ends the process with 70 where it comes while stopping', async () => {
    const { code, lines } = await run(
      "process.kill(process.pid, 'SIGTERM');",
      "() => Promise.reject(new RangeError('x'))",
    );
    expect(lines[0]).toBe('SIGTERM: draining; a second signal ends at once');
    expect(lines[1]).toMatch(/^failed to stop: RangeError/);
    expect(code).toBe(70);
  });
});
