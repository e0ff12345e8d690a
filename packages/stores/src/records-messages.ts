import type { Outcome } from '@flick/decide';
import type { RecordCount, RecordFilter, RecordPage } from './records.ts';
import type { FileBounds } from './records-file.ts';
import type { Cell } from './records-row.ts';

/** What is asked of the file. */
export type Question =
  | { readonly ask: 'get'; readonly requestId: string }
  | { readonly ask: 'query'; readonly filter: RecordFilter; readonly next: number | undefined }
  | { readonly ask: 'count'; readonly filter: RecordFilter };

/** The answer: of these the one that was asked for. */
export interface Answer {
  readonly found?: readonly Outcome[];
  readonly page?: RecordPage;
  readonly counted?: RecordCount;
}

/** What the writer's thread is told. */
export type ToWriter =
  /** The first thing said. */
  | { readonly kind: 'open'; readonly path: string; readonly bounds: FileBounds }
  | { readonly kind: 'write'; readonly cells: readonly Cell[] }
  | { readonly kind: 'question'; readonly number: number; readonly question: Question }
  | { readonly kind: 'close' };

/** What the writer's thread tells. */
export type FromWriter =
  /** It can be written to, or might be later. */
  | { readonly kind: 'ready' }
  /** It never can be; the thread ends. */
  | { readonly kind: 'fault'; readonly message: string }
  /** The batch is in the file, durably. */
  | { readonly kind: 'written' }
  /** The batch is not, and is tried again and again. */
  | { readonly kind: 'failing'; readonly why: string }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Answer }
  | { readonly kind: 'no-answer'; readonly number: number; readonly message: string }
  /** The last thing said. */
  | { readonly kind: 'closed' };
