import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'vitest';

/** One answer, parsed strictly. */
export interface WireAnswer {
  readonly status: number;
  readonly version: string;
  /** By lower-case name; a name that comes twice is joined by a line feed, so that a test sees it. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection that is over: its final answers in order, the interim ones, and how it ended. */
export interface WireEnd {
  readonly answers: readonly WireAnswer[];
  /** Codes of 1xx answers. */
  readonly interim: readonly number[];
  /** Bytes behind the last whole answer. */
  readonly rest: string;
  readonly ending: 'fin' | 'reset' | 'open';
}

/** Particulars of a connection. */
interface WireOptions {
  readonly tls?: boolean;
  /** Methods of the requests sent, in order: an answer to HEAD has no body. Default: none is HEAD. */
  readonly methods?: readonly string[];
}

/**
 * A client of bytes: sends what it is told when it is told, and reads the answers by a parser that takes only what
 * RFC 9112 allows. Everything is latin1: one character a byte.
 *
 * ```ts
 * const wire = await dial(port);
 * wire.send('GET /a HTTP/1.1\r\n');
 * await pause(100);
 * wire.send('Host: api.test\r\n\r\n');
 * const answer = await wire.answer();
 * ```
 */
export class Wire {
  readonly socket: Socket;
  readonly #methods: readonly string[];
  readonly #answers: WireAnswer[] = [];
  readonly #interim: number[] = [];
  #taken = 0;
  #unread = '';
  #ending: WireEnd['ending'] = 'open';
  #failure: Error | undefined = undefined;

  constructor(socket: Socket, methods: readonly string[]) {
    this.socket = socket;
    this.#methods = methods;
    socket.on('data', (chunk: Buffer) => {
      this.#unread += chunk.toString('latin1');
      this.#parse(false);
      socket.emit('progress');
    });
    socket.on('end', () => {
      this.#ending = 'fin';
      this.#parse(true);
      socket.emit('progress');
    });
    socket.on('error', () => {
      this.#ending = 'reset';
    });
    socket.on('close', () => socket.emit('progress'));
  }

  /** Sends bytes. */
  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** The next final answer; fails where the connection ends, or the time is over, before it is whole. */
  async answer(waitMs = 10_000): Promise<WireAnswer> {
    const taken = this.#taken;
    await this.#until(() => this.#answers.length > taken, waitMs);
    const answer = this.#answers[taken];
    if (answer === undefined) throw new Error(`no answer (${this.#ending}); unread: ${JSON.stringify(this.#unread)}`);
    this.#taken += 1;
    return answer;
  }

  /** Waits for an interim answer. */
  async interim(waitMs = 10_000): Promise<number | undefined> {
    await this.#until(() => this.#interim.length > 0, waitMs);
    return this.#interim[0];
  }

  /** All that came until the connection's end; `open` where it does not end within the time. */
  async end(waitMs = 10_000): Promise<WireEnd> {
    await this.#until(() => this.#ending !== 'open', waitMs);
    const answers = [...this.#answers];
    const end: WireEnd = { answers, interim: [...this.#interim], rest: this.#unread, ending: this.#ending };
    this.socket.destroy();
    return end;
  }

  #until(done: () => boolean, waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { socket } = this;
      const finish = (): void => {
        clearTimeout(timer);
        socket.off('progress', check);
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      };
      const check = (): void => {
        if (done() || socket.closed || this.#failure !== undefined) finish();
      };
      const timer = setTimeout(finish, waitMs);
      socket.on('progress', check);
      check();
    });
  }

  #parse(ended: boolean): void {
    try {
      for (;;) {
        const method = this.#methods[this.#answers.length] ?? 'GET';
        const parsed = parseAnswer(this.#unread, method, ended);
        if (parsed === undefined) return;
        this.#unread = this.#unread.slice(parsed.length);
        if (parsed.answer.status < 200) this.#interim.push(parsed.answer.status);
        else this.#answers.push(parsed.answer);
      }
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error('not parsed');
    }
  }
}

/** Opens a connection to 127.0.0.1. */
export async function dial(port: number, options: WireOptions = {}): Promise<Wire> {
  const socket = options.tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : connect(port, '127.0.0.1');
  socket.setNoDelay();
  const wire = new Wire(socket, options.methods ?? []);
  await once(socket, options.tls ? 'secureConnect' : 'connect');
  return wire;
}

/** Sends bytes on a connection of its own and reads until the connection ends, or the time is over. */
export async function ask(port: number, text: string, waitMs = 10_000, options: WireOptions = {}): Promise<WireEnd> {
  const wire = await dial(port, options);
  wire.send(text);
  return wire.end(waitMs);
}

/** Lets time pass, ms. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

const statusLine = /^HTTP\/(1\.[01]) ([1-5]\d\d) ([\t\x20-\x7e]*)$/;
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;

/**
 * Parses one answer at the start of a text.
 *
 * @param ended - whether no more will come
 * @returns undefined where it is not whole yet
 * @throws Error where the bytes are not an answer by RFC 9112, or end in the middle of one
 */
function parseAnswer(
  text: string,
  method: string,
  ended: boolean,
): { readonly answer: WireAnswer; readonly length: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) {
    if (ended && text !== '') throw new Error(`the connection ended within a head: ${JSON.stringify(text)}`);
    return undefined;
  }
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const [, version, code] = statusLine.exec(first) ?? [];
  if (version === undefined || code === undefined) throw new Error(`no status line: ${JSON.stringify(first)}`);
  const status = Number(code);
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = fieldLine.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no field line: ${JSON.stringify(line)}`);
    const key = name.toLowerCase();
    fields[key] = fields[key] === undefined ? value : `${fields[key]}\n${value}`;
  }
  const start = headEnd + 4;
  const whole = (body: string, end: number) => ({ answer: { status, version, fields, body }, length: end });
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return whole('', start);
  if (fields['transfer-encoding'] !== undefined) {
    if (fields['transfer-encoding'] !== 'chunked' || fields['content-length'] !== undefined) {
      throw new Error('the body is framed in two ways');
    }
    return unchunk(text, start, ended, whole);
  }
  const length = fields['content-length'];
  if (length === undefined) return ended ? whole(text.slice(start), text.length) : undefined;
  if (!/^\d+$/.test(length)) throw new Error(`Content-Length: ${length}`);
  const end = start + Number(length);
  if (text.length >= end) return whole(text.slice(start, end), end);
  if (ended) throw new Error(`the connection ended ${end - text.length} bytes before the body`);
  return undefined;
}

function unchunk<Answer>(
  text: string,
  start: number,
  ended: boolean,
  whole: (body: string, end: number) => Answer,
): Answer | undefined {
  let body = '';
  for (let at = start; ; ) {
    const line = /^([0-9a-fA-F]{1,8})\r\n/.exec(text.slice(at, at + 10));
    if (line === null) break;
    const size = Number.parseInt(line[1] ?? '', 16);
    const from = at + line[0].length;
    if (text.length < from + size + 2) break;
    if (text.slice(from + size, from + size + 2) !== '\r\n') throw new Error('a chunk does not end where it says');
    if (size === 0) return whole(body, from + 2);
    body += text.slice(from, from + size);
    at = from + size + 2;
  }
  if (ended) throw new Error('the connection ended before the last chunk');
  return undefined;
}

/** Holds an answer against what every refusal must be (invariant I5). */
export function expectProblem(answer: WireAnswer | undefined, status: number, reason: string): void {
  expect(answer?.status).toBe(status);
  const fields = answer?.fields ?? {};
  expect(fields['content-type']).toBe('application/problem+json');
  expect(fields['content-length']).toBe(String(answer?.body.length));
  expect(fields['cache-control']).toBe('no-store');
  expect(Date.parse(fields.date ?? '')).not.toBeNaN();
  expect(fields['x-request-id']).toMatch(/^[0-9A-Za-z._~-]{1,128}$/);
  const problem: unknown = JSON.parse(answer?.body ?? '');
  expect(problem).toMatchObject({ status, reason, request_id: fields['x-request-id'] });
}
