import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSqliteRecords, readSqliteRecords, RecordsFault, smallestFile } from '@flick/stores';
import Database from 'libsql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { outcomeWith } from './outcomes.ts';
import { describeRecordStore } from './record-store-suite.ts';
import { openStore, otherConnection, recordsPath, untilSettled } from './record-files.ts';

describeRecordStore('SQLite', async () => {
  const { store } = await openStore();
  let appended = 0;
  return {
    store: {
      append(outcome) {
        appended += 1;
        store.append(outcome);
      },
      get written() {
        return store.written;
      },
      get dropped() {
        return store.dropped;
      },
      get bound() {
        return store.bound;
      },
      get: store.get.bind(store),
      query: store.query.bind(store),
      count: store.count.bind(store),
      close: store.close.bind(store),
    },
    settled: () => untilSettled(store, appended),
  };
});

function open(path: string) {
  return openSqliteRecords({ path, say() {} });
}

describe('a SQLite file of records', () => {
  test('is for its owner alone, its log included', async () => {
    const { store, path } = await openStore();
    store.append(outcomeWith());
    await untilSettled(store, 1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  });

  test('keeps its records when it is closed and opened again', async () => {
    const { store, path } = await openStore();
    store.append(outcomeWith());
    await store.close();
    const again = await openStore({ path });
    again.store.append(outcomeWith());
    await untilSettled(again.store, 1);
    expect(await again.store.get('a1')).toHaveLength(2);
  });

  test('is read while it is written', async () => {
    const { store, path } = await openStore();
    store.append(outcomeWith());
    await untilSettled(store, 1);
    const reader = await readSqliteRecords(path);
    onTestFinished(() => reader.close());
    expect(await reader.get('a1')).toEqual([outcomeWith()]);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['a text', (path) => writeFileSync(path, 'no database at all\n'.repeat(200)), /is not a SQLite file/],
    ['of a later flick', (path) => writeVersion(path, 2), /a later flick/],
    ["another program's", (path) => new Database(path).exec('CREATE TABLE their (own INTEGER)'), /another program/],
  ])('that is %s is refused in one line, to write and to read', async (_what, make, words) => {
    const path = recordsPath();
    make(path);
    await expect(open(path)).rejects.toThrow(words);
    await expect(open(path)).rejects.toBeInstanceOf(RecordsFault);
    await expect(readSqliteRecords(path)).rejects.toThrow(words);
    await expect(readSqliteRecords(path)).rejects.toBeInstanceOf(RecordsFault);
  });

  test('cannot be made in a folder that is not there', async () => {
    await expect(open(`${recordsPath()}/none/flick.db`)).rejects.toBeInstanceOf(RecordsFault);
  });

  test('is not made by reading', async () => {
    const path = recordsPath();
    await expect(readSqliteRecords(path)).rejects.toThrow(/no such file/);
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

/** What marks a file as one of Flick's: "FLCK". */
const flick = 0x46_4c_43_4b;

function writeVersion(path: string, version: number): void {
  const database = new Database(path);
  database.exec(`PRAGMA application_id = ${flick}`);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
}

test('a record takes a bounded part of the file, whatever a caller put into its path and names', async () => {
  const { store } = await openStore();
  const huge = 'a'.repeat(100_000);
  const violation = { in: 'query', name: huge, reason: 'unknown-parameter', due: huge, arrived: huge } as const;
  store.append(outcomeWith({ path: huge, detail: huge, violations: Array.from({ length: 1000 }, () => violation) }));
  await untilSettled(store, 1);
  expect(JSON.stringify(await store.get('a1')).length).toBeLessThan(40_000);
});

describe('records under pressure', () => {
  test('that are spare leave half of the room to the others, and are counted', async () => {
    const { store, path } = await openStore({ queue: 1000 });
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const shed = outcomeWith({ requestId: 'shed', consumer: undefined, reason: 'overloaded', status: 503 });
    for (let index = 0; index < 3000; index += 1) store.append(shed, true);
    for (let index = 0; index < 500; index += 1) store.append(outcomeWith());
    expect(store.dropped).toBe(2500);
    other.exec('COMMIT');
    await untilSettled(store, 3500);
    expect(await store.count({ consumer: 'ada' })).toEqual({ requests: 500, callers: 1 });
    expect((await store.count({})).requests).toBe(1000);
  });

  test('wait while another process holds the lock, are dropped beyond the bound, and are counted exactly', async () => {
    const { store, path, said } = await openStore({ queue: 1000 });
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const outcome = outcomeWith();
    let blocked = 0;
    for (let index = 0; index < 5000; index += 1) {
      const began = performance.now();
      store.append(outcome);
      if (performance.now() - began >= 100) blocked += 1;
    }
    // What blocks on a lock blocks for the 100 ms that SQLite waits for it, each time; a busy machine, once or twice.
    expect(blocked).toBeLessThan(3);
    expect(store.dropped).toBe(4000);
    await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 10_000 });
    expect(said[0]).toBe(
      'records paused: flick.db is locked by another process; requests are served all the same; 4000 dropped',
    );
    expect(store.written).toBe(0);
    other.exec('COMMIT');
    await untilSettled(store, 5000);
    expect([store.written, store.dropped]).toEqual([1000, 4000]);
    expect(said.slice(1)).toEqual(['records go on; 4000 dropped in all']);
    expect(await store.count({})).toEqual({ requests: 1000, callers: 1 });
  });

  test('start while the file is locked, and go on when it no longer is', async () => {
    const { path, store: first } = await openStore();
    await first.close();
    const other = otherConnection(path);
    other.exec('BEGIN EXCLUSIVE');
    const { store } = await openStore({ path });
    store.append(outcomeWith());
    other.exec('COMMIT');
    await untilSettled(store, 1);
    expect(store.written).toBe(1);
  });

  test('pause on a full disk without a word but one, and go on when there is room', async () => {
    const { store, path, said } = await openStore({ sizeBytes: smallestFile, queue: 1000 });
    const other = otherConnection(path);
    other.exec('CREATE TABLE ballast (weight BLOB)');
    other.exec('INSERT INTO ballast VALUES (zeroblob(16700000))');
    const long = outcomeWith({ path: `/${'a'.repeat(2000)}` });
    for (let index = 0; index < 3000; index += 1) store.append(long);
    await vi.waitFor(() => expect(said.join()).toContain('paused'), { timeout: 10_000 });
    expect(said).toEqual([expect.stringMatching(/^records paused: flick\.db: the disk is full.*; 2000 dropped$/)]);
    other.exec('DROP TABLE ballast');
    await untilSettled(store, 3000);
    expect(store.dropped).toBe(2000);
    expect(said.slice(1)).toEqual(['records go on; 2000 dropped in all']);
  });

  test('make room by age', async () => {
    const { store } = await openStore({ keepMs: 60_000 });
    for (let index = 0; index < 6000; index += 1) store.append(outcomeWith({ timeMs: Date.now() - 61_000 }));
    store.append(outcomeWith({ timeMs: Date.now(), requestId: 'young' }));
    await untilSettled(store, 6001);
    await vi.waitFor(async () => expect(await store.count({})).toEqual({ requests: 1, callers: 1 }), {
      timeout: 10_000,
    });
    expect(await store.get('young')).toHaveLength(1);
  });

  test('make room by size, the oldest first, and the file stays within its bound', async () => {
    const { store, path } = await openStore({ sizeBytes: smallestFile, queue: 20_000 });
    const long = outcomeWith({ path: `/${'a'.repeat(2000)}` });
    for (let index = 0; index < 20_000; index += 1) store.append({ ...long, requestId: `r${index}` });
    await untilSettled(store, 20_000);
    expect(store.dropped).toBe(0);
    expect(await store.get('r19999')).toHaveLength(1);
    expect(await store.get('r0')).toEqual([]);
    expect(statSync(path).size).toBeLessThanOrEqual(smallestFile);
  });

  test('that no lock lets through are dropped when the store closes, and counted', async () => {
    const { store, path, said } = await openStore();
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    for (let index = 0; index < 10; index += 1) store.append(outcomeWith());
    await store.close();
    store.append(outcomeWith());
    expect([store.written, store.dropped]).toEqual([0, 11]);
    expect(said.at(-1)).toBe('records: 0 written, 10 dropped in all');
    await expect(store.get('a1')).rejects.toBeInstanceOf(RecordsFault);
  });

  test('that were acknowledged survive a killed process', async () => {
    const path = recordsPath();
    const script = fileURLToPath(new URL('writing-process.js', import.meta.url));
    const child = fork(script, [path], { stdio: 'ignore' });
    let acknowledged = 0;
    child.on('message', (written) => {
      acknowledged = Number(written);
    });
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(2000), { timeout: 15_000, interval: 5 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const reader = await readSqliteRecords(path);
    onTestFinished(() => reader.close());
    expect((await reader.count({})).requests).toBeGreaterThanOrEqual(acknowledged);
  });
});
