/** A request as it arrived on a raw socket: framing understood, nothing else. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** The request line and the fields, byte for byte (as latin1), with the empty line. */
  readonly head: string;
  /** Names and values in turn, as sent. */
  readonly headers: readonly string[];
  /** Chunks put together; empty while the body was not waited for. */
  readonly body: Buffer;
  /** Counts the connections of one server, from 1. */
  readonly connection: number;
}

/** All values of a field, in order. */
export function valuesOf(request: RawRequest, name: string): string[] {
  return request.headers.filter((_, at) => at % 2 === 1 && request.headers[at - 1]?.toLowerCase() === name);
}

/**
 * Splits what arrives on one connection into requests.
 *
 * @param wait - `body` gives a request when it is whole, `head` as soon as its head is there (its body is then skipped)
 */
export class RequestReader {
  readonly #connection: number;
  readonly #wait: 'head' | 'body';
  #bytes: Buffer = Buffer.alloc(0);
  #given = false;

  constructor(connection: number, wait: 'head' | 'body') {
    this.#connection = connection;
    this.#wait = wait;
  }

  push(chunk: Buffer): RawRequest[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const requests: RawRequest[] = [];
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end === -1) return requests;
      const head = this.#bytes.toString('latin1', 0, end + 4);
      const request = this.#parse(head);
      if (this.#wait === 'head' && !this.#given) {
        this.#given = true;
        requests.push(request);
      }
      const body = bodyOf(this.#bytes.subarray(end + 4), request);
      if (body === undefined) return requests;
      if (this.#wait === 'body') requests.push({ ...request, body: body.bytes });
      this.#given = false;
      this.#bytes = this.#bytes.subarray(end + 4 + body.length);
    }
  }

  #parse(head: string): RawRequest {
    const [line = '', ...lines] = head.trimEnd().split('\r\n');
    const [method = '', target = ''] = line.split(' ');
    const headers = lines.flatMap((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    });
    return { method, target, head, headers, body: Buffer.alloc(0), connection: this.#connection };
  }
}

function bodyOf(rest: Buffer, request: RawRequest): { bytes: Buffer; length: number } | undefined {
  if (valuesOf(request, 'transfer-encoding').length > 0) return chunksOf(rest);
  const length = Number(valuesOf(request, 'content-length')[0] ?? 0);
  return rest.length < length ? undefined : { bytes: rest.subarray(0, length), length };
}

function chunksOf(rest: Buffer): { bytes: Buffer; length: number } | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = rest.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (rest.length < next) return undefined;
    if (size === 0) return { bytes: Buffer.concat(chunks), length: next };
    chunks.push(rest.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
