import { connect as connectPlain, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Readable, ReadableOptions } from 'node:stream';
import { connect as connectSecure } from 'node:tls';
import type { Client, Dispatcher } from 'undici';
import { MalformedAnswer } from './malformed-answer.ts';
import { undici } from './undici.ts';

/** A request as it goes out. */
interface LineRequest {
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Readable | Uint8Array | null;
  /** The protocol that the connection is to go on in, if the API agrees. */
  readonly upgrade: string | null;
}

// What undici takes besides what its types say.
interface NamedRequest extends Dispatcher.DispatchOptions {
  readonly servername: string;
}

/** Where an API is: an origin, told apart. */
export interface Site {
  readonly origin: URL;
  readonly secure: boolean;
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The last TLS session, for the next connection to resume. */
  session: Buffer | undefined;
}

/** Tells apart where an API is. `origin` is of http: or https:. */
export function siteOf(origin: URL): Site {
  const secure = origin.protocol === 'https:';
  return {
    origin,
    secure,
    host: origin.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: origin.port === '' ? (secure ? 443 : 80) : Number(origin.port),
    session: undefined,
  };
}

// Connects with no timeout: the deadline of the request that waits for the connection ends it.
function openSocket(site: Site): Socket {
  const { host, port } = site;
  if (!site.secure) {
    const plain: TcpNetConnectOpts & ReadableOptions = { host, port, highWaterMark: 65_536 };
    return connectPlain(plain);
  }
  // The API's own name and never the client's Host, or the client could choose whose certificate counts. An IP address
  // is no server name (RFC 6066, section 3).
  const name = isIP(host) === 0 ? { servername: host } : {};
  const session = site.session === undefined ? {} : { session: site.session };
  const socket = connectSecure({ host, port, ...name, ...session, ALPNProtocols: ['http/1.1'] });
  socket.on('session', (fresh) => {
    site.session = fresh;
  });
  return socket;
}

const statusLineBytes = 12; // "HTTP/1.1 200"

/**
 * One connection to the API, kept alive between requests and made anew when it has ended: an undici client that is
 * given one request at a time, and its socket.
 *
 * The line reads every status line before undici does, because undici takes a few for good that are not (another HTTP
 * version, a code such as 999), and takes a `100 Continue` that nobody asked for as a failure, though HTTP allows it
 * at any time (RFC 9110, section 15.2). It knows besides what decides whether a request may be sent a second time:
 * whether the connection had served before, and whether any byte of the answer has arrived.
 */
export class Line {
  /** Whether the answer's first byte has arrived. */
  answering = false;
  /** Whether the answer's status line said HTTP/1.0. */
  http10 = false;
  /** Whether the connection had served a request before this one. */
  reused = false;
  /** Whether the connection broke, in place of being ended. */
  broken = false;

  readonly #client: Client;
  readonly #maxHeaderBytes: number;
  readonly #site: Site;
  #socket: Socket | undefined;
  #connecting = false;
  #served = false;
  #awaiting = false;
  #upgradable = false;
  #held: Buffer | undefined;

  /**
   * @param site - of the API; lines to one API share it
   * @param maxHeaderBytes - of one response head; a longer one is malformed
   */
  constructor(site: Site, maxHeaderBytes: number) {
    this.#site = site;
    this.#maxHeaderBytes = maxHeaderBytes;
    this.#client = new (undici().Client)(site.origin, {
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      // The relay has deadlines of its own: these come late, and the second is no deadline at all.
      headersTimeout: 0,
      bodyTimeout: 0,
      // One second less than the API says, so that no request goes out on a connection that is just being closed.
      keepAliveTimeout: 4000,
      keepAliveTimeoutThreshold: 1000,
      connect: (_target, done) => {
        const socket = openSocket(site);
        socket.setNoDelay(true);
        socket.setKeepAlive(true, 60_000);
        this.#socket = socket;
        this.#connecting = true;
        socket.once(site.secure ? 'secureConnect' : 'connect', () => {
          this.#connecting = false;
          this.#watch(socket);
          done(null, socket);
        });
        // Before undici's own listener, which takes a broken connection for the proper end of an answer without length.
        socket.on('error', (error) => {
          this.broken = true;
          if (!this.#connecting) return;
          this.#connecting = false;
          done(error, null);
        });
      },
    });
  }

  /** Hands a request to the connection; what becomes of it, the handler hears. */
  send({ path, method, headers, body, upgrade }: LineRequest, handler: Dispatcher.DispatchHandler): void {
    this.#upgradable = upgrade !== null;
    // Without the name, undici would take that of the client's Host and connect anew whenever it changes.
    const request: NamedRequest = { path, method, headers, body, upgrade, servername: this.#site.host };
    this.#client.dispatch(request, handler);
  }

  /** Called when the request is about to be written: from here on bytes that arrive are its answer. */
  begin(): void {
    this.reused = this.#served;
    this.#served = true;
    this.answering = false;
    this.#awaiting = true;
    this.#held = undefined;
  }

  /** Breaks the connection, or the making of it; the request on it fails. */
  cut(): void {
    // With an error of its own: after undici's own abort, the client would connect anew for the request given up.
    this.#socket?.destroy(new Error('given up by the gate'));
  }

  /** Gives up the connection, which speaks HTTP no more; the next request makes a new one. */
  letGo(): Socket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    return socket;
  }

  /** What was written to the connection so far, in bytes. */
  get written(): number {
    return this.#socket?.bytesWritten ?? 0;
  }

  /** Ends the connection once its request, if any, is answered. */
  close(): Promise<void> {
    return this.#client.close();
  }

  /** Ends the connection now. */
  destroy(): Promise<void> {
    this.cut();
    return this.#client.destroy();
  }

  #watch(socket: Socket): void {
    this.#served = false;
    this.broken = false;
    const read: (size?: number) => Buffer | null = socket.read.bind(socket);
    socket.read = (size?: number) => (this.#awaiting && size === undefined ? this.#readHead(socket, read) : read(size));
  }

  // Reads on until a status line is whole. Passes the final head and all behind it to undici, a 103 by itself, and no
  // other interim response.
  #readHead(socket: Socket, read: () => Buffer | null): Buffer | null {
    let bytes = this.#held;
    this.#held = undefined;
    for (;;) {
      if (bytes !== undefined) {
        const status = readStatus(bytes);
        if (status === 'malformed') return this.#malformed(socket);
        if (status !== 'partial' && (status >= 200 || (status === 101 && this.#upgradable))) {
          this.#awaiting = false;
          this.http10 = bytes[7] === 0x30;
          return bytes;
        }
        if (status !== 'partial') {
          // A switch of protocols that was never asked for.
          if (status === 101) return this.#malformed(socket);
          const end = bytes.indexOf('\r\n\r\n') + 4;
          const interim = end > 3 ? bytes.subarray(0, end) : bytes;
          if (interim.length > this.#maxHeaderBytes || hasBareLf(interim)) return this.#malformed(socket);
          if (end > 3) {
            bytes = end < bytes.length ? bytes.subarray(end) : undefined;
            if (status !== 103) continue;
            this.#held = bytes;
            return interim;
          }
        }
      }
      const more = read();
      if (more === null) {
        this.#held = bytes;
        return null;
      }
      this.answering = true;
      bytes = bytes === undefined ? more : Buffer.concat([bytes, more]);
    }
  }

  #malformed(socket: Socket): null {
    this.#awaiting = false;
    socket.destroy(new MalformedAnswer('the status line is not one of HTTP/1'));
    return null;
  }
}

function hasBareLf(head: Buffer): boolean {
  return /(?<!\r)\n/.test(head.toString('latin1'));
}

const version = Buffer.from('HTTP/1.');

// The code of an HTTP/1.0 or HTTP/1.1 status line, from 100 to 599.
function readStatus(bytes: Buffer): number | 'partial' | 'malformed' {
  const length = Math.min(bytes.length, statusLineBytes);
  let status = 0;
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (i < 7) {
      if (byte !== version[i]) return 'malformed';
    } else if (i === 7) {
      if (byte !== 0x30 && byte !== 0x31) return 'malformed';
    } else if (i === 8) {
      if (byte !== 0x20) return 'malformed';
    } else {
      const digit = byte - 0x30;
      if (digit < (i === 9 ? 1 : 0) || digit > (i === 9 ? 5 : 9)) return 'malformed';
      status = status * 10 + digit;
    }
  }
  return length < statusLineBytes ? 'partial' : status;
}
