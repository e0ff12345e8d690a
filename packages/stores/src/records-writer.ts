/** The thread that writes records to SQLite. It alone waits for locks and disks. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { RecordsFault } from './records.ts';
import { openRecordsFile, type RecordsFile, whyOf } from './records-file.ts';
import type { FromWriter, Question, ToWriter, WriterData } from './records-messages.ts';
import type { Cell } from './records-row.ts';

const retryMs = 250;
const pruneMs = 2000;

class Writer {
  readonly #port: MessagePort;
  readonly #data: WriterData;
  #file: RecordsFile | undefined = undefined;
  /** The batch that is not yet in the file. */
  #batch: readonly Cell[] | undefined = undefined;
  #failing = false;
  #retry: NodeJS.Timeout | undefined = undefined;
  readonly #pruning: NodeJS.Timeout;

  constructor(port: MessagePort, data: WriterData) {
    this.#port = port;
    this.#data = data;
    this.#pruning = setInterval(() => this.#prune(), pruneMs);
    port.on('message', (message: ToWriter) => this.#take(message));
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
    const { path, keepMs, sizeBytes } = this.#data;
    this.#file ??= openRecordsFile(path, { keepMs, sizeBytes });
    return this.#file;
  }

  #take(message: ToWriter): void {
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
    const { path } = this.#data;
    try {
      this.#writeOrMakeRoom(this.#open(), this.#batch ?? []);
    } catch (error) {
      if (!this.#failing) {
        this.#failing = true;
        this.#say({ kind: 'failing', why: error instanceof RecordsFault ? error.message : whyOf(error, path) });
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
      const file = this.#open();
      const value =
        question.ask === 'get'
          ? file.get(question.requestId)
          : question.ask === 'query'
            ? file.query(question.filter, question.next)
            : file.count(question.filter);
      this.#say({ kind: 'answer', number, value });
    } catch (error) {
      const message = error instanceof RecordsFault ? error.message : whyOf(error, this.#data.path);
      this.#say({ kind: 'no-answer', number, message });
    }
  }

  #say(message: FromWriter): void {
    this.#port.postMessage(message);
  }

  #end(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#pruning);
    this.#file?.close();
    this.#port.close();
  }
}

if (parentPort !== null) new Writer(parentPort, workerData as WriterData).start();
