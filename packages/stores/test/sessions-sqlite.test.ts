import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSqliteSessions, SessionsFault, type SqliteSessions, type SqliteSessionsOptions } from '@flick/stores';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { otherConnection, recordsPath } from './record-files.ts';
import { addAll, describeSessionStore, nobody, sessionWith } from './session-store-suite.ts';

/** Opens a store that is closed when the test is over. */
async function open(options: Partial<SqliteSessionsOptions> = {}) {
  const path = options.path ?? recordsPath();
  const store = await openSqliteSessions({ path, ...options });
  onTestFinished(() => store.close());
  return { store, path };
}

describeSessionStore('SQLite', async () => (await open({ maxPerSubject: 3 })).store);

/** Removes a file of SQLite with all that belongs to it. */
function removeAll(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

const rotation = { digest: 'b', scopes: [], usedMs: 2000, graceUntilMs: 3000 };

/** What every change of a store says. */
function changesOf(store: SqliteSessions): readonly Promise<unknown>[] {
  return [
    store.add(sessionWith('z'), nobody),
    store.rotate('a', rotation),
    store.remove('a', 0),
    store.removeAll('alice'),
  ];
}

async function expectFaults(changes: readonly Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(changes);
  const faults = settled.map((each) => each.status === 'rejected' && each.reason instanceof SessionsFault);
  expect(faults).toEqual(changes.map(() => true));
}

describe('a SQLite file of sessions', () => {
  test('is for its owner alone, its log included', async () => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  });

  test('answers without a promise', async () => {
    const { store } = await open();
    await store.add(sessionWith('a'), nobody);
    expect(store.find('a')).toEqual(sessionWith('a'));
  });

  test('keeps its sessions, and when they were used, when it is closed and opened again', async () => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    store.touch('a', 2000);
    await store.close();
    await expectFaults(changesOf(store));
    expect(() => store.find('a')).toThrow(SessionsFault);
    const again = await open({ path });
    expect(again.store.find('a')).toEqual(sessionWith('a', { usedMs: 2000 }));
  });

  test('is shared by processes: what one ends or rotates, the others know at once', async () => {
    const { store: one, path } = await open();
    const { store: other } = await open({ path });
    await addAll(
      one,
      ['a', 'c', 'd'].map((digest) => sessionWith(digest, { subject: digest })),
    );
    expect(other.find('a')).toBeDefined();
    await other.rotate('a', rotation);
    expect(one.find('b')?.previous?.digest).toBe('a');
    await other.remove('c', 0);
    await other.removeAll('d');
    expect([one.find('c'), one.find('d')]).toEqual([undefined, undefined]);
  });

  test('takes many changes at once, and what one of them does wrong is nothing to the others', async () => {
    const { store } = await open();
    const many = Array.from({ length: 900 }, (_, at) => sessionWith(`s${at}`, { subject: `s${at}` }));
    await addAll(store, many);
    expect(many.filter(({ digest }) => store.find(digest) === undefined)).toEqual([]);
    const digests = ['a', 'a', 'b', 's1', 'c'];
    const adds = await Promise.allSettled(digests.map((digest) => store.add(sessionWith(digest), nobody)));
    expect(adds.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(store.find('s1')).toEqual(many[1]);
  });

  test('writes uses within moments, so that others know of them', async () => {
    const { store, path } = await open();
    const { store: other } = await open({ path });
    await store.add(sessionWith('a'), nobody);
    store.touch('a', 2000);
    await vi.waitFor(() => expect(other.find('a')?.usedMs).toBe(2000), { timeout: 10_000 });
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['a text', (path) => writeFileSync(path, 'no database at all\n'.repeat(200)), /is not a SQLite file/],
    ["another program's", (path) => new Database(path).exec('CREATE TABLE their (own INTEGER)'), /another program/],
    ['one of records', (path) => new Database(path).exec('PRAGMA application_id = 1179403083'), /another program/],
  ])('that is %s is refused in one line', async (_what, make, words) => {
    const path = recordsPath();
    make(path);
    await expect(openSqliteSessions({ path })).rejects.toThrow(words);
    await expect(openSqliteSessions({ path })).rejects.toBeInstanceOf(SessionsFault);
  });

  test('cannot be made in a folder that is not there', async () => {
    await expect(openSqliteSessions({ path: `${recordsPath()}/none/s.db` })).rejects.toBeInstanceOf(SessionsFault);
  });

  test.each([0, -1, 1.5, Number.NaN])('takes no bound of %d', async (bound) => {
    const path = recordsPath();
    await expect(openSqliteSessions({ path, maxPerSubject: bound })).rejects.toThrow(/^maxPerSubject: /);
    await expect(openSqliteSessions({ path, sizeBytes: bound })).rejects.toThrow(/^sizeBytes: /);
  });
});

describe('where another process holds the lock', () => {
  test('sessions are found as ever, uses are noted, and changes are refused within seconds; no loop waits', async () => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    const changes = changesOf(store);
    store.touch('a', 2000);
    let slow = 0;
    for (let index = 0; index < 2000; index += 1) {
      const from = performance.now();
      expect(store.find('a')?.usedMs).toBe(2000);
      // What waits for a lock waits for its 250 ms, at the least; a busy machine may take as long, now and then.
      if (performance.now() - from >= 250) slow += 1;
    }
    expect(slow).toBeLessThan(5);
    await expectFaults(changes);
    expect(performance.now() - began).toBeLessThan(8000);
    expect(store.find('a')).toEqual(sessionWith('a', { usedMs: 2000 }));
    other.exec('COMMIT');
    await vi.waitFor(() => store.add(sessionWith('c'), nobody), { timeout: 10_000 });
    const row = other.prepare('SELECT used_ms FROM sessions WHERE digest = ?');
    await vi.waitFor(() => expect(row.get('a')).toMatchObject({ used_ms: 2000 }), { timeout: 10_000 });
    // Nobody waited for them any more: none of the refused changes was made.
    expect([store.find('z'), store.find('b')]).toEqual([undefined, undefined]);
  });

  test('a short lock is waited for', async () => {
    const { store, path } = await open();
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const added = store.add(sessionWith('a'), nobody);
    setTimeout(() => other.exec('COMMIT'), 100);
    await added;
    expect(store.find('a')).toBeDefined();
  });

  test('no more changes wait than the bound', async () => {
    const { store, path } = await open();
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const changes = Array.from({ length: 1500 }, () => store.removeAll('nobody'));
    const refused: unknown[] = [];
    for (const change of changes) change.catch((fault: unknown) => refused.push(fault));
    await vi.waitFor(() => expect(refused).toHaveLength(500), { timeout: 1000 });
    expect(String(refused[0])).toContain('too many changes');
    await Promise.allSettled(changes);
  });
});

describe('a file that was', () => {
  const down: readonly (readonly [string, (path: string) => void])[] = [
    ['taken away', removeAll],
    ['renamed', (path) => renameSync(path, `${path}.old`)],
    ['emptied', (path) => truncateSync(path)],
    ['replaced by a text', (path) => [removeAll(path), writeFileSync(path, 'no database\n'.repeat(2000))]],
    [
      'replaced by a text, its log left behind',
      (path) => [rmSync(path), writeFileSync(path, 'no database\n'.repeat(2000))],
    ],
    ['replaced by an empty one', (path) => [removeAll(path), writeFileSync(path, '')]],
    ["replaced by another program's", (path) => [removeAll(path), new Database(path).exec('CREATE TABLE t (x)')]],
  ];

  test.each(down)('%s has no answer, rather than that there is no session', async (_, spoil) => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    expect(store.find('a')).toBeDefined();
    spoil(path);
    for (const digest of ['a', 'unknown']) expect(() => store.find(digest)).toThrow(SessionsFault);
    await expectFaults(changesOf(store));
    for (const digest of ['a', 'unknown']) expect(() => store.find(digest)).toThrow(SessionsFault);
  });

  test('overwritten from within tells of no session that is not there, and denies none that is', async () => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    await store.close();
    const bytes = readFileSync(path);
    // All but the head: what SQLite reads as its tables is noise.
    writeFileSync(path, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0x5a)]));
    const { store: again } = await open({ path });
    for (const digest of ['a', 'unknown']) expect(() => again.find(digest)).toThrow(SessionsFault);
    await expectFaults(changesOf(again));
  });

  test('taken away and put back goes on', async () => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    await store.close();
    const { store: again } = await open({ path });
    expect(again.find('a')).toBeDefined();
    renameSync(path, `${path}.away`);
    expect(() => again.find('a')).toThrow(/is gone; put it back/);
    renameSync(`${path}.away`, path);
    await vi.waitFor(() => expect(again.find('a')).toEqual(sessionWith('a')), { timeout: 5000 });
    await again.add(sessionWith('c'), nobody);
    expect(again.find('c')).toBeDefined();
  });

  test('replaced by another of sessions is that one', async () => {
    const { store, path } = await open();
    await store.add(sessionWith('a'), nobody);
    const { store: other, path: otherPath } = await open();
    await other.add(sessionWith('b'), nobody);
    await other.close();
    removeAll(path);
    renameSync(otherPath, path);
    await vi.waitFor(() => expect(store.find('b')).toBeDefined(), { timeout: 5000 });
    expect(store.find('a')).toBeUndefined();
    expect(await store.remove('b', 0)).toBe(true);
  });
});

const heavy = (digest: string, usedMs = 1000) => sessionWith(digest, { scopes: ['x'.repeat(10_000)], usedMs });

test('a full file refuses new sessions, keeps the others, and takes new ones when some have expired', async () => {
  const { store, path } = await open({ sizeBytes: 1, maxPerSubject: 10_000 });
  const adds = await Promise.allSettled(Array.from({ length: 200 }, (_, at) => store.add(heavy(`s${at}`), nobody)));
  const refused = adds.flatMap((add) => (add.status === 'rejected' ? [String(add.reason)] : []));
  expect(refused.length).toBeGreaterThan(50);
  expect(refused.length).toBeLessThan(150);
  expect(new Set(refused)).toEqual(
    new Set([expect.stringMatching(/the disk is full, or the file has reached its bound/)]),
  );
  expect(store.find('s0')).toBeDefined();
  expect(statSync(path).size).toBeLessThanOrEqual(1024 * 1024);
  await addAll(store, [heavy('new', 2000), heavy('newer', 2000)], { staleMs: 0, expiredMs: 1001 });
  expect(store.find('newer')).toBeDefined();
  expect(store.find('s0')).toBeUndefined();
});

test('what was acknowledged survives a killed process: whoever logged in is, and whoever logged out is not', async () => {
  const path = recordsPath();
  const script = fileURLToPath(new URL('sessions-process.js', import.meta.url));
  const child = fork(script, [path], { stdio: 'ignore' });
  let acknowledged = -1;
  child.on('message', (number) => {
    acknowledged = Number(number);
  });
  await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(50), { timeout: 15_000, interval: 5 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { store } = await open({ path });
  const numbers = Array.from({ length: acknowledged + 1 }, (_, number) => number);
  expect(numbers.filter((number) => store.find(`kept ${number}`) === undefined)).toEqual([]);
  expect(numbers.filter((number) => store.find(`ended ${number}`) !== undefined)).toEqual([]);
});
