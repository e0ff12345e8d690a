import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createTable } from '../../packages/contract/src/table.ts';
import { runFlick, serveFlick } from '../../packages/cli/test/flick.ts';
import { folderWith } from '../../packages/cli/test/temporary-folder.ts';
import { blockOf, readDocument, root } from './markdown.ts';

const readme = readDocument('README.md');
const ledger = readDocument('examples/ledger/gateway/ledger.yaml');

/** The parts of a `console` block: each command, and what it prints. */
function transcript(block: string): readonly { readonly command: string; readonly output: string }[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), output: part.slice(end + 1).trim() };
    });
}

/** Sends what a curl command says, and tells what came back as curl -i does. */
function send(curl: string, origin: string): Promise<{ head: readonly string[]; body: string }> {
  const [, method = 'GET', url = ''] = /^curl -i(?: -X (\w+))? (\S+)$/.exec(curl) ?? [];
  return new Promise((resolve, reject) => {
    const sent = request(origin + new URL(url).pathname, { method }, (response) => {
      const { rawHeaders, httpVersion, statusCode, statusMessage } = response;
      const fields = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
      const head = [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`, ...fields];
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ head, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('README.md', () => {
  it('opens with what a terminal really shows', async () => {
    const [serving, asking] = transcript(blockOf(readme, 'console'));
    const args = serving?.command.split(' ') ?? [];
    expect(args.slice(0, 2)).toEqual(['flick', 'serve']);
    const { origin, line, stderr, said } = await serveFlick(args.slice(2), folderWith({ 'openapi.yaml': ledger }));
    const [, shown = ''] = / on (http:\S+),/.exec(serving?.output ?? '') ?? [];
    await Promise.all((serving?.output ?? '').split('\n').slice(0, -1).map(said));
    expect(`${stderr()}${line}`).toBe(serving?.output.replace(shown, origin));

    expect(asking?.command).toContain(` ${shown}/`);
    const { head, body } = await send(asking?.command ?? '', origin);
    const [dueHead = '', dueBody = ''] = (asking?.output ?? '').split('\n\n');
    const due = dueHead.split('\n');
    expect(head.filter((text) => due.includes(text))).toEqual(due);
    const id = 'request_id';
    const [is, shownBody]: Record<string, unknown>[] = [JSON.parse(body), JSON.parse(dueBody)];
    expect(Object.keys(is ?? {})).toEqual(Object.keys(shownBody ?? {}));
    expect({ ...is, [id]: '' }).toEqual({ ...shownBody, [id]: '' });
    expect(is?.[id]).toMatch(/^[\da-f-]{36}$/);
    expect(shownBody?.[id]).toMatch(/^[\da-f-]{36}$/);
  });

  it('shows a flick.yaml that serves', async () => {
    const folder = folderWith({ 'openapi.yaml': ledger, 'flick.yaml': blockOf(readme, 'yaml') });
    const { line, child, ended } = await serveFlick([], folder, {
      API_SECRET: 'a secret of thirty-two bytes, at least',
    });
    expect(line).toContain(', table default, no faults of the contract reported');
    child.kill('SIGTERM');
    // Nothing was said before.
    expect((await ended).stderr).toMatch(/^flick: SIGTERM: .*\n$/);
  });

  it('lists the default table', () => {
    const codes = Array.from(readme.matchAll(/^\| (\d{3}) \|/gm), ([, code]) => Number(code));
    expect(codes).toEqual(createTable('default').codes);
  });

  it('names no flag that does not exist', async () => {
    const commands = ['serve', 'explain', 'rehearse', 'lint', 'keys', 'users', 'types'];
    const helps = await Promise.all(commands.map((command) => runFlick([command, '--help'], folderWith())));
    const help = helps.map(({ stdout }) => stdout).join('\n');
    // What comes after a lone `--` goes to a script of npm.
    const named = new Set(readme.replaceAll(/ -- --[a-z]+/g, '').match(/(?<=[\s`])--[a-z][a-z-]*/g));
    expect(named.size).toBeGreaterThan(3);
    expect([...named].filter((flag) => !help.includes(` ${flag} `))).toEqual([]);
  });

  it('names no script of npm, no file and no version that does not exist', () => {
    const { scripts, engines }: { scripts: object; engines: { node: string } } = JSON.parse(
      readDocument('package.json'),
    );
    const named = Array.from(
      readme.matchAll(/\bnpm (?:run ([a-z]+)|(start|test))\b/g),
      ([, run, own]) => run ?? own ?? '',
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !Object.keys(scripts).includes(name))).toEqual([]);
    const files = Array.from(readme.matchAll(/\]\((?!http)([^)#]+)\)|`((?:packages|examples|cases|bench)\/[^`]+)`/g));
    expect(files.length).toBeGreaterThan(3);
    expect(
      files.map(([, link, path]) => link ?? path ?? '').filter((path) => !existsSync(new URL(path, root))),
    ).toEqual([]);
    expect(readme).toContain(`Node ${engines.node.replace('>=', '')} or later`);
  });

  it('does not boast of golden stories that are not there', () => {
    const folder = new URL('cases/stories/', root);
    const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
    const stories = texts.join('\n').match(/^ +whence:/gm)?.length ?? 0;
    expect(stories).toBeGreaterThanOrEqual(Number(/Over (\d+)\s+golden stories/.exec(readme)?.[1]));
  });
});
