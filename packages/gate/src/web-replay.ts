import type { Passage } from '@flick/decide';
import { cfOf } from './web-cf.ts';

/** A request that passed the ladder, to be had as a Request that can be read from its start. */
export class JudgedRequest {
  /** As the host handed it over. */
  readonly sent: Request;
  /** The body that was judged, its content coding removed; undefined where it was not read: then it is with `sent`. */
  readonly body: Uint8Array | undefined;
  readonly #passage: Passage;
  #request: Request | undefined = undefined;

  constructor(sent: Request, passage: Passage, body?: Uint8Array) {
    this.sent = sent;
    this.body = body;
    this.#passage = passage;
  }

  /** Whether `request` differs from `sent` in that its body is still to be read, and in nothing else. */
  get isAsSent(): boolean {
    const { sent } = this;
    return judgedUrl(sent, this.#passage) === sent.url && !sent.headers.has('content-encoding');
  }

  /** Made when it is asked for: where a body was read, that costs more than to judge it. */
  get request(): Request {
    return (this.#request ??= this.#make());
  }

  #make(): Request {
    const { sent, body } = this;
    // A router may not know that `/a%62` is `/ab`.
    const url = judgedUrl(sent, this.#passage);
    if (body === undefined) return url === sent.url ? sent : new Request(url, sent);
    const { method, signal, headers } = sent;
    return new Request(url, { method, headers: ofPlain(headers, body), signal, body, ...cfOf(sent) });
  }
}

/** The fields of a request without its content coding. */
function ofPlain(sent: Headers, body: Uint8Array): Headers {
  if (!sent.has('content-encoding')) return sent;
  const headers = new Headers(sent);
  headers.delete('content-encoding');
  headers.set('content-length', String(body.length));
  return headers;
}

function judgedUrl({ url }: Request, { target }: Passage): string {
  if (target === '' || target === '*') return url;
  const slash = url.indexOf('/', url.indexOf('//') + 2);
  return slash === -1 || (url.startsWith(target, slash) && url.length === slash + target.length)
    ? url
    : url.slice(0, slash) + target;
}
