import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { listenAs, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

/** A contract that takes one number only, in the query and in the body. */
function contractOf(number: number): string {
  return `openapi: 3.1.0
info: { title: Tea ${number}, version: '1' }
paths:
  /tea:
    get:
      parameters: [{ name: number, in: query, schema: { const: ${number} } }]
      responses: { '200': { description: Tea. } }
    post:
      requestBody:
        required: true
        content: { application/json: { schema: { properties: { number: { const: ${number} } } } } }
      responses: { '200': { description: Tea. } }
`;
}

/** What a caller sees of one request. */
interface Answer {
  /** The number that it sent. */
  readonly sent: number;
  readonly status: number;
  /** The revision that its head was judged by: each has a limit of its own name. */
  readonly revision: number;
  /** Which API answered; there are two, and each revision has the other one than the revision before. */
  readonly api: number | undefined;
}

/** Sends a number in the query. */
async function askAtOnce(port: number, agent: Agent, sent: number): Promise<Answer> {
  const asked = request({ port, agent, path: `/tea?number=${sent}` }).end();
  return read(asked, sent);
}

/** Sends a number in a body, the rest of which comes later: a reload may come between. */
async function askInTwoParts(port: number, agent: Agent, sent: number): Promise<Answer> {
  const body = JSON.stringify({ number: sent });
  const asked = request({
    port,
    agent,
    method: 'POST',
    path: '/tea',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  });
  asked.write(body.slice(0, 4));
  await pause(20);
  asked.end(body.slice(4));
  return read(asked, sent);
}

async function read(asked: ReturnType<typeof request>, sent: number): Promise<Answer> {
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('no response');
  await text(response);
  const policy = String(response.headers['ratelimit-policy']);
  const api = response.headers['x-api'];
  return {
    sent,
    status: response.statusCode ?? 0,
    revision: Number(/^"revision (\d+)"/.exec(policy)?.[1]),
    api: api === undefined ? undefined : Number(api),
  };
}

/** Whether one revision, whole, gives that answer. */
function isExplained({ sent, status, revision, api }: Answer): boolean {
  return sent === revision ? status === 200 && api === revision % 2 : status === 400 && api === undefined;
}

it('20 reloads under load, 5 of them at fault: one revision explains each answer (I10, row 33)', async () => {
  const apis = await Promise.all(
    [0, 1].map((api) => listenAs((_request, response) => void response.setHeader('x-api', api).end('tea'))),
  );
  const settingsOf = (number: number): string =>
    `upstream: ${apis[number % 2]?.origin}\nlimits: { revision ${number}: { requests: 1000000, window: 1h, by: all } }\n`;
  const folder = folderWith({ 'openapi.yaml': contractOf(0), 'flick.yaml': settingsOf(0) });
  const save = (name: string, content: string): void => {
    writeFileSync(join(folder, `${name}.new`), content);
    renameSync(join(folder, `${name}.new`), join(folder, name));
  };
  const serving = await serveFlick(['openapi.yaml', '--no-watch', '--log', 'off'], folder);

  const answers: Answer[] = [];
  const good = [0];
  let isDone = false;
  const work = async (worker: number, agent: Agent): Promise<void> => {
    const ask = worker % 2 === 0 ? askAtOnce : askInTwoParts;
    answers.push(await ask(serving.port, agent, good.at(answers.length % 2 === 0 ? -1 : -2) ?? 0));
    if (!isDone) await work(worker, agent);
  };
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const workers = [0, 1, 2, 3].map((worker) => work(worker, agent));

  const badContract = (schema: string) =>
    save(
      'openapi.yaml',
      contractOf(99).replace('{ const: 99 }', () => schema),
    );
  const faults: readonly (readonly [told: string, make: () => void])[] = [
    ['not YAML', () => save('flick.yaml', 'limits: [\n')],
    ['unknown key limitz', () => save('flick.yaml', 'limitz: {}\n')],
    ['points at nothing', () => badContract("{ $ref: '#/nowhere' }")],
    ['refers back to a group', () => badContract("{ pattern: '(a+)\\1+$' }")],
    ['names a file that is not there', () => rmSync(join(folder, 'openapi.yaml'))],
  ];
  const reload = async (turn: number): Promise<void> => {
    const answered = answers.length;
    const fault = turn % 4 === 0 ? faults[turn / 4 - 1] : undefined;
    if (fault === undefined) {
      save('openapi.yaml', contractOf(turn));
      save('flick.yaml', settingsOf(turn));
      good.push(turn);
      serving.child.kill('SIGHUP');
      await serving.said(`flick: reloaded (SIGHUP): revision ${good.length}: Tea ${turn} 1, `);
    } else {
      const [told, make] = fault;
      make();
      serving.child.kill('SIGHUP');
      await serving.said(told);
    }
    await served(answered + 24);
    if (turn < 20) await reload(turn + 1);
  };
  const served = async (count: number): Promise<void> => {
    if (answers.length >= count) return;
    await pause(5);
    await served(count);
  };
  await served(24);
  await reload(1);
  isDone = true;
  await Promise.all(workers);

  expect(answers.filter((answer) => !isExplained(answer))).toEqual([]);
  expect([...new Set(answers.map(({ revision }) => revision))].toSorted((one, other) => one - other)).toEqual(good);
  const kept = [4, 7, 10, 13, 16].map((revision) => `flick: not reloaded (SIGHUP), revision ${revision} stays: `);
  expect(serving.stderr().match(/^flick: not reloaded [^:]*: /gm)).toEqual(kept);
  serving.child.kill('SIGTERM');
  expect((await serving.ended).code).toBe(0);
}, 60_000);
