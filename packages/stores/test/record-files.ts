import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteRecords, type RecordStore, type SqliteRecordsOptions } from '@flick/stores';
import Database from 'libsql';
import { expect, onTestFinished, vi } from 'vitest';

/** A path in a folder that is gone when the test is over. */
export function recordsPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flick-records-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'flick.db');
}

/** Opens a store, and another connection to its file where that is wanted; both are closed when the test is over. */
export async function openStore(options: Partial<SqliteRecordsOptions> = {}) {
  const path = options.path ?? recordsPath();
  const said: string[] = [];
  const store = await openSqliteRecords({ path, say: (line) => said.push(line), ...options });
  onTestFinished(() => store.close());
  return { store, path, said };
}

/** A connection of another program to the same file. */
export function otherConnection(path: string): Database.Database {
  const database = new Database(path, { timeout: 5000 });
  onTestFinished(() => {
    database.close();
  });
  return database;
}

/** Waits until so many records are written or dropped. */
export async function untilSettled(store: RecordStore, records: number): Promise<void> {
  await vi.waitFor(() => expect(store.written + store.dropped).toBe(records), { timeout: 15_000, interval: 10 });
}
