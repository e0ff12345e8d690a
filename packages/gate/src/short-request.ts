/** A request that came whole, as the gate reads it without Node's parser. */
export interface ShortRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as sent. */
  readonly headers: readonly string[];
  /** Undefined where there is none. */
  readonly body: Buffer | undefined;
  /** All of it. */
  readonly bytes: Buffer;
}

// Those of RFC 9110 and RFC 5789 but for CONNECT and TRACE: every parser knows them.
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const tokenBit = 1;
const targetBit = 2;

const CR = 13;
const LF = 10;
const SP = 32;
const DEL = 127;
const colon = 58;

/** What each octet may be a part of. */
const classes = new Uint8Array(256);
for (let octet = 0x20; octet < 0x7f; octet += 1) {
  const char = String.fromCharCode(octet);
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char)) classes[octet] = tokenBit;
  // RFC 3986; what else Node lets pass is for Node to read.
  if (/[-._~!$&'()*+,;=:@/?%[\]0-9A-Za-z]/.test(char)) classes[octet] = (classes[octet] ?? 0) | targetBit;
}

const requestLineEnd = ' HTTP/1.1\r\n';
const lengthText = /^\d{1,9}$/;
const keptConnection = /^keep-alive$/i;

/**
 * Reads a request that came whole and alone, and about which no two parsers can differ: in origin-form, HTTP/1.1, of a
 * usual method, plain ASCII throughout, one Host, a length at most once; nothing that speaks of the connection or of
 * another framing.
 *
 * @param bytes - all that has arrived
 * @param headBytes - what a head may have; one that could be larger by anybody's count is not read
 * @returns undefined for everything else, be it sound or not: that is for Node's parser
 */
export function readShortRequest(bytes: Buffer, headBytes: number): ShortRequest | undefined {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, headBytes));
  const afterMethod = text.indexOf(' ');
  const method = text.slice(0, Math.max(0, afterMethod));
  if (!methods.has(method) || bytes[afterMethod + 1] !== 0x2f) return undefined;
  let at = afterMethod + 1;
  while (isOf(targetBit, bytes, at)) at += 1;
  // A text of its own: what is kept of it in a record must not keep the whole head.
  const target = bytes.toString('latin1', afterMethod + 1, at);
  if (!text.startsWith(requestLineEnd, at)) return undefined;
  at += requestLineEnd.length;

  const headers: string[] = [];
  let hosts = 0;
  let length = -1;
  while (bytes[at] !== CR) {
    const nameStart = at;
    while (isOf(tokenBit, bytes, at)) at += 1;
    if (at === nameStart || bytes[at] !== colon) return undefined;
    const name = text.slice(nameStart, at);
    at += bytes[at + 1] === SP ? 2 : 1;
    const valueStart = at;
    let code = bytes[at] ?? 0;
    while (code >= SP && code < DEL) {
      at += 1;
      code = bytes[at] ?? 0;
    }
    if (at === valueStart || code !== CR || bytes[at + 1] !== LF) return undefined;
    if (bytes[valueStart] === SP || bytes[at - 1] === SP) return undefined;
    const value = text.slice(valueStart, at);
    at += 2;
    switch (kindOf(name)) {
      case 'host':
        hosts += 1;
        break;
      case 'length':
        if (length >= 0 || !lengthText.test(value)) return undefined;
        length = Number(value);
        break;
      case 'connection':
        if (!keptConnection.test(value)) return undefined;
        break;
      case 'odd':
        return undefined;
      case 'plain':
        break;
    }
    headers.push(name, value);
  }
  if (hosts !== 1 || bytes[at + 1] !== LF) return undefined;
  const bodyStart = at + 2;
  if (bodyStart >= headBytes || bytes.length !== bodyStart + Math.max(0, length)) return undefined;
  const body = length > 0 ? bytes.subarray(bodyStart) : undefined;
  return { method, target, headers, body, bytes };
}

function isOf(bit: number, bytes: Buffer, at: number): boolean {
  // Beyond the end there is no octet; NUL has no class.
  return ((classes[bytes[at] ?? 0] ?? 0) & bit) !== 0;
}

/** What a field means to whoever frames the message. Most names differ in length already. */
function kindOf(name: string): 'host' | 'length' | 'connection' | 'odd' | 'plain' {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === 'host' ? 'host' : 'plain';
    case 6:
      return name.toLowerCase() === 'expect' ? 'odd' : 'plain';
    case 7:
      return odd7.test(name) ? 'odd' : 'plain';
    case 10:
      return name.toLowerCase() === 'connection' ? 'connection' : 'plain';
    case 14:
      return name.toLowerCase() === 'content-length' ? 'length' : 'plain';
    case 16:
      return name.toLowerCase() === 'proxy-connection' ? 'odd' : 'plain';
    case 17:
      return name.toLowerCase() === 'transfer-encoding' ? 'odd' : 'plain';
    default:
      return 'plain';
  }
}

const odd7 = /^(?:upgrade|trailer)$/i;
