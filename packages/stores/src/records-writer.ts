/** The thread that writes records to SQLite. It alone waits for locks and disks. */

import { type MessagePort, parentPort } from 'node:worker_threads';
import { RecordsFault } from './records.ts';
import { type FileBounds, openRecordsFile, type RecordsFile } from './records-file.ts';
import type { Answer, FromWriter, Question, ToWriter } from './records-messages.ts';
import type { Cell } from './records-row.ts';
import { whyOf } from './sqlite-file.ts';

const retryMs = 250;
const pruneMs = 2000;

class Writer {
  readonly #port: MessagePort;
  readonly #path: string;
  readonly #bounds: FileBounds;
  #file: RecordsFile | undefined = undefined;
  /** The batch that is not yet in the file. */
  #batch: readonly Cell[] | undefined = undefined;
  #failing = false;
  #retry: NodeJS.Timeout | undefined = undefined;
  readonly #pruning: NodeJS.Timeout;

  constructor(port: MessagePort, path: string, bounds: FileBounds) {
    this.#port = port;
    this.#path = path;
    this.#bounds = bounds;
    this.#pruning = setInterval(() => this.#prune(), pruneMs);
  }

  start(): void {
    try {
      this.#open();
    } catch (error) {
      if (error instanceof RecordsFault) {
        this.#say({ kind: 'fault', message: error.message });
        this.#end();
        return;
      }
      // A lock, as a rule: the first batch tries again.
    }
    this.#say({ kind: 'ready' });
  }

  #open(): RecordsFile {
    this.#file ??= openRecordsFile(this.#path, this.#bounds);
    return this.#file;
  }

  take(message: Exclude<ToWriter, { kind: 'open' }>): void {
    if (message.kind === 'write') {
      this.#batch = message.cells;
      this.#write();
    } else if (message.kind === 'question') this.#answer(message.number, message.question);
    else {
      if (this.#batch !== undefined) this.#write();
      this.#say({ kind: 'closed' });
      this.#end();
    }
  }

  #write(): void {
    clearTimeout(this.#retry);
    try {
      this.#writeOrMakeRoom(this.#open(), this.#batch ?? []);
    } catch (error) {
      if (!this.#failing) {
        this.#failing = true;
        this.#say({ kind: 'failing', why: error instanceof RecordsFault ? error.message : whyOf(error, this.#path) });
      }
      this.#retry = setTimeout(() => this.#write(), retryMs);
      return;
    }
    this.#failing = false;
    this.#batch = undefined;
    this.#say({ kind: 'written' });
  }

  #writeOrMakeRoom(file: RecordsFile, cells: readonly Cell[]): void {
    try {
      file.write(cells);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL')) throw error;
      file.prune(Date.now());
      file.write(cells);
    }
  }

  #prune(): void {
    try {
      if (this.#file?.prune(Date.now())) setImmediate(() => this.#prune());
    } catch {
      // Locked or full: the next batch says so.
    }
  }

  #answer(number: number, question: Question): void {
    try {
      this.#say({ kind: 'answer', number, answer: answerOf(this.#open(), question) });
    } catch (error) {
      const message = error instanceof RecordsFault ? error.message : whyOf(error, this.#path);
      this.#say({ kind: 'no-answer', number, message });
    }
  }

  #say(message: FromWriter): void {
    this.#port.postMessage(message, []);
  }

  #end(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#pruning);
    this.#file?.close();
    this.#port.close();
  }
}

function answerOf(file: RecordsFile, question: Question): Answer {
  if (question.ask === 'get') return { found: file.get(question.requestId) };
  if (question.ask === 'query') return { page: file.query(question.filter, question.next) };
  return { counted: file.count(question.filter) };
}

let writer: Writer | undefined;

parentPort?.on('message', (message: ToWriter) => {
  if (message.kind !== 'open') writer?.take(message);
  else if (parentPort !== null) {
    writer = new Writer(parentPort, message.path, message.bounds);
    writer.start();
  }
});
