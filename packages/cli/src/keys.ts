import { addKey, type KeyRecord, listKeys, revokeKey } from '@flick/credentials';
import { printable } from '@flick/settings/printable';
import { StartFault } from '@flick/settings/start-fault';
import { onFile } from './credential-files.ts';
import { say } from './say.ts';
import { tableOf } from './text-table.ts';

/** Flags that `flick keys` has for all it does. */
export interface KeyFlags {
  readonly file: string;
  readonly json?: boolean;
}

/** Flags of `flick keys add`, as the command line gives them. */
export interface AddKeyFlags extends KeyFlags {
  readonly subject: string;
  readonly scopes?: string;
  readonly expires?: string;
}

/**
 * Makes a key and prints it.
 *
 * @throws StartFault where it cannot
 */
export async function runAddKey({ file, subject, scopes, expires, json }: AddKeyFlags): Promise<void> {
  const nowMs = Date.now();
  const forMs = expires === undefined ? undefined : lifetimeMs(expires);
  const asked = { subject, scopes: listOf(scopes), ...(forMs !== undefined && { expiresMs: nowMs + forMs }) };
  const { key, record } = await onFile(file, () => addKey(file, asked, nowMs));
  process.stdout.write(json === true ? `${JSON.stringify({ key, ...shownOf(record, nowMs) })}\n` : `${key}\n`);
  say(`${file}: added key ${record.id} of ${subject}; the key is printed this once, only its hash is kept`);
}

/**
 * Prints the keys of a file.
 *
 * @throws StartFault where it cannot be read
 */
export async function runListKeys({ file, json }: KeyFlags): Promise<void> {
  const nowMs = Date.now();
  const records = await onFile(file, () => listKeys(file));
  const shown = records.map((record) => shownOf(record, nowMs));
  if (json === true) {
    process.stdout.write(shown.map((each) => `${JSON.stringify(each)}\n`).join(''));
    return;
  }
  if (records.length === 0) say(`${file}: no keys yet; flick keys add makes one`);
  else process.stdout.write(tableOf(['id', 'state', 'subject', 'scopes', 'created'], shown.map(cellsOf)));
}

/**
 * Revokes a key.
 *
 * @throws StartFault where there is no such key, or the file cannot be written
 */
export async function runRevokeKey(id: string, { file }: KeyFlags): Promise<void> {
  const { subject } = await onFile(file, () => revokeKey(file, id, Date.now()));
  say(`${file}: revoked key ${id} of ${subject}; it is refused within a second`);
}

/** Scopes as a flag lists them. */
export function listOf(scopes: string | undefined): readonly string[] {
  return scopes === undefined ? [] : scopes.split(',').map((scope) => scope.trim());
}

const hoursOf: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };

function lifetimeMs(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? [];
  const hours = hoursOf[unit];
  if (hours === undefined) throw new StartFault('--expires: due is a time such as 12h, 90d or 52w');
  return Number(count) * hours * 3_600_000;
}

/** What may be known of a key. */
interface ShownKey {
  readonly id: string;
  readonly state: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly created: string;
  readonly expires?: string;
  readonly revoked?: string;
}

function shownOf({ id, subject, scopes, createdMs, expiresMs, revokedMs }: KeyRecord, nowMs: number): ShownKey {
  const expired = expiresMs !== undefined && expiresMs <= nowMs;
  return {
    id,
    state: revokedMs === undefined ? (expired ? 'expired' : 'good') : 'revoked',
    subject,
    scopes,
    created: timeText(createdMs),
    ...(expiresMs !== undefined && { expires: timeText(expiresMs) }),
    ...(revokedMs !== undefined && { revoked: timeText(revokedMs) }),
  };
}

function cellsOf({ id, state, subject, scopes, created, expires, revoked }: ShownKey): readonly string[] {
  const until = expires === undefined ? 'good' : `good until ${expires.slice(0, 10)}`;
  const since = state === 'revoked' ? `revoked ${revoked?.slice(0, 10)}` : `expired ${expires?.slice(0, 10)}`;
  return [id, state === 'good' ? until : since, printable(subject), scopes.join(' '), created.slice(0, 10)];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
