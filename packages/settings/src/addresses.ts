import { isIP } from 'node:net';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Reads `127.0.0.1:8080`, `[::1]:8080` or `8080`, which is on the loopback address. */
export function readListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?:\[([\da-f:.]+)\]|([^\s:/[\]]+)):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}

/** Host and port as an address has them: an IPv6 address in brackets. */
export function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Reads scheme, host and port; anything more, such as a path or a password, would be dropped in silence. */
export function readOrigin(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname, search, hash, username, password } = new URL(text);
  return pathname === '/' && `${search}${hash}${username}${password}` === '' ? origin : undefined;
}

/** The origin that is most likely meant, for a fault to name; without its password. */
export function nearOrigin(text: string): string {
  const url = text.includes('://') ? text : `http://${text}`;
  const origin = /^https?:/i.test(url) && URL.canParse(url) ? new URL(url).origin : '';
  return /[.:]|^localhost$/.test(origin.replace(/^https?:\/\//, '')) ? origin : 'http://127.0.0.1:3000';
}

/** Names of this machine to itself, and those that stand for all of its addresses. */
const ownHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']);

/** Whether requests sent to that origin would come back to where Flick listens. */
export function isOwnAddress(origin: string, { host, port }: ListenAddress): boolean {
  const { hostname, port: named, protocol } = new URL(origin);
  const usual = protocol === 'https:' ? 443 : 80;
  if (Number(named || usual) !== port) return false;
  const name = hostname.replace(/^\[|\]$/g, '');
  return name === host || (ownHosts.has(name) && ownHosts.has(host));
}

/** Whether the text is an IP address or a range of them in CIDR notation. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
