import type { FileBounds } from './sessions-file.ts';
import type { Rotation, StoredSession, Unused } from './sessions.ts';

/** A change of the file. Its result is how many sessions it changed. */
export type Change =
  | { readonly change: 'add'; readonly session: StoredSession; readonly unused: Unused }
  | { readonly change: 'touch'; readonly uses: readonly (readonly [digest: string, usedMs: number])[] }
  | { readonly change: 'rotate'; readonly digest: string; readonly rotation: Rotation }
  | { readonly change: 'remove'; readonly digest: string; readonly nowMs: number }
  | { readonly change: 'removeAll'; readonly subject: string };

/** What the writer's thread is told. */
export type ToSessionsWriter =
  /** The first thing said. */
  | { readonly kind: 'open'; readonly path: string; readonly bounds: FileBounds }
  /** Not to be begun after `untilMs`, by {@link steadyMs}: nobody waits for it any more. */
  | { readonly kind: 'write'; readonly number: number; readonly untilMs: number; readonly what: Change }
  | { readonly kind: 'close' };

/** What the writer's thread tells. */
export type FromSessionsWriter =
  | { readonly kind: 'ready' }
  /** The file can never be written to; the thread ends. */
  | { readonly kind: 'fault'; readonly message: string }
  /** The change is in the file, durably. */
  | { readonly kind: 'done'; readonly number: number; readonly changed: number }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string };

/** A clock that never jumps and that all threads share, in milliseconds. */
export function steadyMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
