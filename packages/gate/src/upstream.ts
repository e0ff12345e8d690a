import type { Bound, Decider } from '@flick/decide';
import type { Exchange, Handler, Timeouts } from './exchange.ts';
import { Relay, type Relaying } from './relay.ts';
import { undici } from './undici.ts';
import { asksForWebSocket } from './upgrade.ts';
import { Line, siteOf } from './upstream-line.ts';

/** What stands behind the gate, and how much of it one gate uses. */
export interface UpstreamOptions {
  /** `http://` or `https://`, host and port, nothing more. */
  readonly origin: string;
  readonly decider: Decider;
  readonly timeouts: Pick<Timeouts, 'upstreamMs'>;
  /**
   * Requests under way at once; each has a connection of its own. Beyond it 503 `overloaded`: nothing queues. Answers
   * without an end are not among them once their head has come. Default 256.
   */
  readonly maxInFlight?: number;
  /** WebSocket tunnels at once, each with a connection of its own. Beyond it 503 `overloaded`. Default 1,000. */
  readonly maxTunnels?: number;
  /** Answers without an end at once, such as event streams. Beyond it 503 `overloaded`. Default 1,000. */
  readonly maxStreams?: number;
  /** Of one response head. Default 16 KiB. */
  readonly maxHeaderBytes?: number;
  /** What to do with an answer that ends with its connection: hard to tell from a broken one. Default `accept`. */
  readonly eofFraming?: 'accept' | 'refuse';
}

/**
 * Makes the handler that forwards requests to an API and relays its answers.
 *
 * A request goes out with the canonical target and the fields of `fieldsToUpstream`; its Host is the client's. It is
 * sent a second time at most, and only where that is safe: an idempotent method, a connection that had served before,
 * no byte of an answer, and a body that is still in hand. What goes wrong before the answer's head becomes a refusal
 * (502, 503, 504); what goes wrong after it cuts the client's connection.
 *
 * @throws TypeError where the origin is not one: it may not hold a path, a query or credentials
 */
export function createUpstream(options: UpstreamOptions): Handler {
  return new Upstream(options);
}

/** The lines to one API. */
class Upstream implements Handler {
  readonly needsMessages = true;
  readonly #relaying: Relaying;
  readonly #newLine: () => Line;
  readonly #lines: Line[] = [];
  readonly #idle: Line[] = [];
  readonly #maxInFlight: number;
  readonly #maxTunnels: number;

  constructor(options: UpstreamOptions) {
    const site = siteOf(readOrigin(options.origin));
    const maxHeaderBytes = options.maxHeaderBytes ?? 16_384;
    // After the gate has begun to listen, and most likely before the first request.
    setImmediate(undici).unref();
    this.#newLine = () => new Line(site, maxHeaderBytes);
    this.#maxInFlight = options.maxInFlight ?? 256;
    this.#maxTunnels = options.maxTunnels ?? 1000;
    this.#relaying = {
      decider: options.decider,
      upstreamMs: options.timeouts.upstreamMs,
      refuseEof: options.eofFraming === 'refuse',
      release: (line) => {
        this.#idle.push(line);
      },
      tunnels: { count: 0 },
      streams: { count: 0, most: options.maxStreams ?? 1000 },
    };
  }

  get isFull(): boolean {
    return this.#inFlight >= this.#maxInFlight;
  }

  get #inFlight(): number {
    return this.#lines.length - this.#idle.length - this.#relaying.streams.count;
  }

  handle(exchange: Exchange): void {
    if (this.#relaying.tunnels.count >= this.#maxTunnels && asksForWebSocket(exchange.request)) {
      this.#refuse(exchange, 'The API has as many WebSocket connections as it may be given.');
      return;
    }
    // Others may have been handed over while this one was judged.
    if (this.isFull) {
      this.#refuse(exchange, 'The API has as much work as it may be given.');
      return;
    }
    // The line that was used last: its connection is the likeliest to be still open.
    let line = this.#idle.pop();
    if (line === undefined) {
      line = this.#newLine();
      this.#lines.push(line);
    }
    new Relay(this.#relaying, line, exchange).start();
  }

  #refuse(exchange: Exchange, detail: string): void {
    const more = { fields: [['Retry-After', '1']], uncharged: true } as const;
    exchange.refuse(this.#relaying.decider.refuse(exchange.passage, 'overloaded', detail, more));
  }

  bounds(): readonly Bound[] {
    return [
      { name: 'upstream_requests', used: this.#inFlight, limit: this.#maxInFlight },
      { name: 'upstream_streams', used: this.#relaying.streams.count, limit: this.#relaying.streams.most },
      { name: 'tunnels', used: this.#relaying.tunnels.count, limit: this.#maxTunnels },
    ];
  }

  async close(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.close()));
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.destroy()));
  }
}

function readOrigin(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TypeError('upstream: not a URL of http: or https:; write it as http://127.0.0.1:3000');
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('upstream: holds credentials, which the gateway does not send; leave them out');
  }
  // A path here would make the API see another path than the one that was judged.
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      `upstream: has more than an origin; write it as ${url.origin} and name a base path in the contract's servers`,
    );
  }
  return url;
}
