import type { Worker } from 'node:worker_threads';
import type { Bound, Outcome } from '@flick/decide';
import {
  type RecordCount,
  type RecordFilter,
  type RecordPage,
  type RecordReader,
  RecordsFault,
  type RecordStore,
} from './records.ts';
import type { FileBounds } from './records-file.ts';
import type { Answer, FromWriter, Question, ToWriter } from './records-messages.ts';
import { type Cell, pushRow } from './records-row.ts';

/** Where records are written and what bounds them. */
export interface SqliteRecordsOptions extends Partial<FileBounds> {
  readonly path: string;
  /** Records that wait at most; beyond them the oldest are dropped. Default 10,000. */
  readonly queue?: number;
  /** Hears, in one line, when records pause, go on, or are dropped: not more than a few lines a minute. */
  readonly say: (line: string) => void;
}

/** A week. */
const defaultKeepMs = 7 * 24 * 3_600_000;
const defaultSizeBytes = 256 * 1024 * 1024;

/** Records that come within this time are written together. */
const gatherMs = 20;
/** Records that go to the writer at once: handing them over takes the event loop a quarter of a millisecond. */
const batchRecords = 250;
/** A lock that another writer holds for shorter is nothing to speak of. */
const pausedAfterMs = 1000;
const quietMs = 60_000;
/** How long a stop waits for what is not written yet. */
const closeMs = 2000;

/**
 * Keeps records in a SQLite file, written by a thread of its own: a locked file or a full disk costs no request. Several
 * processes may write one file.
 *
 * @returns the store, once the file was looked at
 * @throws RecordsFault where the file can never take records: not SQLite, another program's, of a later version
 */
export async function openSqliteRecords(options: SqliteRecordsOptions): Promise<RecordStore> {
  const { Worker: Thread } = await import('node:worker_threads');
  const worker = new Thread(new URL('./records-writer.js', import.meta.url));
  const store = new SqliteRecords(worker, options);
  await store.opened;
  return store;
}

/**
 * Reads a file of records that another process may be writing.
 *
 * @throws RecordsFault where there is none, or it is not one
 */
export async function readSqliteRecords(path: string): Promise<RecordReader> {
  // SQLite takes its time to load, and who only writes has it in the other thread.
  const { readRecordsFile } = await import('./records-file.ts');
  const file = readRecordsFile(path);
  return {
    get: async (requestId) => file.get(requestId),
    query: async (filter, next) => file.query(filter, next),
    count: async (filter) => file.count(filter),
    close: async () => file.close(),
  };
}

/** Somebody who waits for an answer. */
interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: RecordsFault) => void;
}

class SqliteRecords implements RecordStore {
  written = 0;
  dropped = 0;
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #say: (line: string) => void;
  readonly #capacity: number;
  /** What waits, in a ring from `#first` on. */
  readonly #ring: (Outcome | undefined)[] = [];
  #first = 0;
  #waiting = 0;
  /** How many records the writer has and has not yet written. */
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined = undefined;
  #ended = false;
  #closing: Promise<void> | undefined = undefined;
  #emptied: (() => void) | undefined = undefined;
  readonly #questions = new Map<number, Waiting>();
  #asked = 0;
  #pausing: NodeJS.Timeout | undefined = undefined;
  #paused = false;
  #spokenMs = Number.NEGATIVE_INFINITY;
  #droppedSaid = 0;
  #settleOpened: Waiting = { resolve() {}, reject() {} };

  constructor(worker: Worker, options: SqliteRecordsOptions) {
    const { path, keepMs = defaultKeepMs, sizeBytes = defaultSizeBytes, say, queue = 10_000 } = options;
    this.#worker = worker;
    this.#say = say;
    this.#capacity = queue;
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve: () => resolve(), reject };
    });
    worker.on('message', (message: FromWriter) => this.#hear(message));
    worker.on('error', (error) => this.#end(`the writer failed: ${error.name}`));
    worker.on('exit', () => this.#end('the writer ended'));
    this.#tell({ kind: 'open', path, bounds: { keepMs, sizeBytes } });
  }

  get bound(): Bound {
    return { name: 'records_queue', used: this.#waiting + this.#inFlight, limit: this.#capacity };
  }

  append(outcome: Outcome, isSpare = false): void {
    const taken = this.#waiting + this.#inFlight;
    if (this.#ended || this.#closing !== undefined || (isSpare && 2 * taken >= this.#capacity)) {
      this.dropped += 1;
      return;
    }
    if (taken >= this.#capacity) {
      if (this.#waiting === 0) {
        this.dropped += 1;
        return;
      }
      this.#takeFirst();
      this.dropped += 1;
    }
    this.#ring[(this.#first + this.#waiting) % this.#capacity] = outcome;
    this.#waiting += 1;
    this.#timer ??= setTimeout(() => this.#send(), gatherMs).unref();
  }

  #takeFirst(): Outcome | undefined {
    const outcome = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#capacity;
    this.#waiting -= 1;
    return outcome;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#inFlight > 0 || this.#ended) return;
    if (this.#waiting === 0) {
      this.#emptied?.();
      return;
    }
    const cells: Cell[] = [];
    while (this.#waiting > 0 && this.#inFlight < batchRecords) {
      const outcome = this.#takeFirst();
      if (outcome === undefined) continue;
      pushRow(cells, outcome);
      this.#inFlight += 1;
    }
    this.#tell({ kind: 'write', cells });
  }

  #tell(message: ToWriter): void {
    this.#worker.postMessage(message, []);
  }

  #hear(message: FromWriter): void {
    if (message.kind === 'ready') {
      this.#worker.unref();
      this.#settleOpened.resolve({});
    } else if (message.kind === 'fault') {
      this.#ended = true;
      this.#settleOpened.reject(new RecordsFault(message.message));
    } else if (message.kind === 'written') this.#hearWritten();
    else if (message.kind === 'failing') {
      this.#pausing = setTimeout(() => this.#sayPaused(message.why), pausedAfterMs).unref();
    } else if (message.kind === 'answer') this.#takeQuestion(message.number)?.resolve(message.answer);
    else if (message.kind === 'no-answer') {
      this.#takeQuestion(message.number)?.reject(new RecordsFault(message.message));
    } else this.#end('');
  }

  #hearWritten(): void {
    this.written += this.#inFlight;
    this.#inFlight = 0;
    clearTimeout(this.#pausing);
    if (this.#paused) {
      this.#paused = false;
      this.#say(`records go on; ${this.dropped} dropped in all`);
      this.#droppedSaid = this.dropped;
    } else if (this.dropped > this.#droppedSaid && this.#maySpeak()) {
      this.#say(`records: ${this.dropped} dropped in all: they come faster than they can be written`);
      this.#droppedSaid = this.dropped;
    }
    this.#send();
  }

  #sayPaused(why: string): void {
    if (!this.#maySpeak()) return;
    this.#paused = true;
    this.#say(`records paused: ${why}; requests are served all the same; ${this.dropped} dropped`);
  }

  #maySpeak(): boolean {
    const now = performance.now();
    if (now - this.#spokenMs < quietMs) return false;
    this.#spokenMs = now;
    return true;
  }

  /** The writer is gone: what it had is lost, as far as anybody here can know. */
  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#pausing);
    this.dropped += this.#inFlight + this.#waiting;
    this.#inFlight = 0;
    this.#waiting = 0;
    this.#ring.length = 0;
    const fault = new RecordsFault(why === '' ? 'the records are closed' : `records stopped: ${why}`);
    if (why !== '') this.#say(`${fault.message}; requests are served all the same, unrecorded from now on`);
    this.#settleOpened.reject(fault);
    for (const { reject } of this.#questions.values()) reject(fault);
    this.#questions.clear();
    this.#emptied?.();
  }

  #takeQuestion(number: number): Waiting | undefined {
    const waiting = this.#questions.get(number);
    this.#questions.delete(number);
    if (this.#questions.size === 0 && this.#closing === undefined) this.#worker.unref();
    return waiting;
  }

  #ask(question: Question): Promise<Answer> {
    if (this.#ended) return Promise.reject(new RecordsFault('the records are closed'));
    this.#asked += 1;
    const number = this.#asked;
    // Alone, it does not keep the process alive: a server that could not start must end.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#questions.set(number, { resolve, reject });
      this.#tell({ kind: 'question', number, question });
    });
  }

  async get(requestId: string): Promise<readonly Outcome[]> {
    return (await this.#ask({ ask: 'get', requestId })).found ?? [];
  }

  async query(filter: RecordFilter, next?: number): Promise<RecordPage> {
    return (await this.#ask({ ask: 'query', filter, next })).page ?? { records: [], next: undefined };
  }

  async count(filter: RecordFilter): Promise<RecordCount> {
    return (await this.#ask({ ask: 'count', filter })).counted ?? { requests: 0, callers: 0 };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended) return;
    this.#worker.ref();
    await this.#within(closeMs, (done) => {
      this.#emptied = done;
      this.#send();
    });
    await this.#within(closeMs, (done) => {
      this.#emptied = done;
      if (this.#ended) done();
      else this.#tell({ kind: 'close' });
    });
    this.#end('');
    if (this.dropped > this.#droppedSaid) this.#say(`records: ${this.written} written, ${this.dropped} dropped in all`);
    await this.#worker.terminate();
  }

  /** Waits for something to be done, or for so long. */
  #within(ms: number, begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      begin(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
