import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { expect, it, onTestFinished } from 'vitest';
import { inTurn } from '../../../packages/gate/test/in-turn.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** So often the process is killed, each time with transfers under way. */
const kills = 6;
/** Transfers that are under way at once. */
const abreast = 8;
const transfers = 300;
const deposit = 1_000_000;

interface Answer {
  readonly code: number;
  readonly body: Record<string, unknown>;
}

/** Starts the ledger on a folder. */
async function start(folder: string): Promise<{ readonly child: ChildProcess; readonly origin: string }> {
  const child = spawn(process.execPath, [main, folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line = '']: string[] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, origin: /http:\S+(?=,)/.exec(line)?.[0] ?? '' };
}

/** Sends JSON; rejects where no whole answer comes. */
function send(agent: Agent, url: string, value: unknown, fields: Readonly<Record<string, string>> = {}) {
  const body = JSON.stringify(value);
  const headers = { ...fields, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A transfer that somebody wants, and the answers that came for it. */
interface Wanted {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly answers: Answer[];
}

it('a killed ledger loses no transfer that it acknowledged, and makes none twice', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flick-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let ledger = await start(folder);
  let agent = new Agent({ keepAlive: true, maxSockets: abreast });

  const login = await send(agent, `${ledger.origin}/users`, { name: 'ada', password: 'right horse' });
  const fields = { authorization: `Bearer ${String(login.body['token'])}` };
  const open = async (name: string): Promise<string> => {
    const { body } = await send(agent, `${ledger.origin}/accounts`, { name, currency: 'EUR', deposit }, fields);
    return String(body['id']);
  };
  const accounts = await Promise.all(['one', 'two', 'three', 'four'].map(open));

  const wanted = Array.from({ length: transfers }, (_, at): Wanted => {
    const from = accounts[at % 4] ?? '';
    const to = accounts[(at + 1 + (at % 3)) % 4] ?? '';
    return { key: randomUUID(), from, to, amount: 1 + at, answers: [] };
  });
  const ask = async ({ key, answers, ...transfer }: Wanted): Promise<void> => {
    const { from, to, amount } = transfer;
    const keyed = { ...fields, 'idempotency-key': key };
    answers.push(await send(agent, `${ledger.origin}/transfers`, { from, to, amount }, keyed));
  };

  const killed: number[] = [];
  let waiting = [...wanted];
  /** Sends what waits, so much abreast, until all of it is answered or the ledger was killed at a count of answers. */
  const drive = async (killAt: number): Promise<void> => {
    const again: Wanted[] = [];
    let answered = 0;
    const work = async (): Promise<void> => {
      const next = waiting.shift();
      if (next === undefined) return undefined;
      try {
        await ask(next);
        answered += 1;
        if (answered === killAt) ledger.child.kill('SIGKILL');
      } catch {
        again.push(next);
      }
      return ledger.child.killed ? undefined : work();
    };
    await Promise.all(Array.from({ length: abreast }, work));
    // Nobody knows what became of these: that is what keys are for.
    if (ledger.child.killed) killed.push(again.length);
    waiting = [...again, ...waiting];
  };
  await inTurn(kills, async (round) => {
    const ended = once(ledger.child, 'exit');
    await drive(10 + round * 7);
    await ended;
    agent.destroy();
    agent = new Agent({ keepAlive: true, maxSockets: abreast });
    ledger = await start(folder);
  });
  await drive(Number.POSITIVE_INFINITY);
  expect(waiting).toEqual([]);
  expect(killed).toHaveLength(kills);
  expect(Math.max(...killed)).toBeGreaterThan(0);
  // Of all, once more: each is answered as it was, whichever process it was that booked it.
  const first = wanted.map(({ answers }) => answers.map(({ body }) => body));
  waiting = [...wanted];
  await drive(Number.POSITIVE_INFINITY);
  expect(wanted.map(({ answers }) => answers.at(-1)?.code)).toEqual(wanted.map(() => 200));
  expect(wanted.map(({ answers }) => answers.map(({ body }) => body))).toEqual(
    first.map((bodies) => bodies.concat(bodies.slice(0, 1))),
  );
  ledger.child.kill('SIGTERM');
  await once(ledger.child, 'exit');
  agent.destroy();

  const book = new Database(join(folder, 'ledger.db'), { readonly: true });
  const rows = (sql: string): readonly unknown[] => book.prepare(sql).all();
  expect(rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  // Every transfer once: those that were asked for, and the four deposits.
  expect(rows('SELECT count(*) AS n FROM transfers')).toEqual([{ n: transfers + 4 }]);
  expect(rows('SELECT count(*) AS n FROM keys')).toEqual([{ n: transfers }]);
  const halves = 'SELECT transfer FROM entries GROUP BY transfer HAVING sum(amount) <> 0 OR count(*) <> 2';
  expect(rows(halves)).toEqual([]);
  expect(rows('SELECT sum(balance) AS all_of_it FROM accounts')).toEqual([{ all_of_it: 0 }]);
  const due = accounts.map((id) => {
    const moved = wanted.map(({ from, to, amount }) => (to === id ? amount : 0) - (from === id ? amount : 0));
    return { id, balance: moved.reduce((sum, each) => sum + each, deposit) };
  });
  const balances = rows('SELECT id, balance FROM accounts WHERE owner IS NOT NULL ORDER BY id');
  expect(balances).toEqual(due.toSorted((one, other) => (one.id < other.id ? -1 : 1)));
  book.close();
});
