import { isIP, isIPv6 } from 'node:net';
import type { Consumer, Passage } from '@flick/decide';
import { isHopByHop, listedByConnection } from './hop-fields.ts';

// What becomes of a request's field on its way to the API, by its name in lower case with `-` for `_`. All others pass.
type Course = 'drop' | 'connection' | 'host' | 'length' | 'coding' | 'x-forwarded-for' | 'x-forwarded-host' | 'proto';

const courses: ReadonlyMap<string, Course> = new Map<string, Course>([
  ['connection', 'connection'],
  ['host', 'host'],
  ['content-length', 'length'],
  ['content-encoding', 'coding'],
  ['x-forwarded-for', 'x-forwarded-for'],
  ['x-forwarded-host', 'x-forwarded-host'],
  ['x-forwarded-proto', 'proto'],
  // The gate says these itself.
  ['forwarded', 'drop'],
  ['x-real-ip', 'drop'],
  ['x-request-id', 'drop'],
  // With these, some frameworks let a caller replace the method and path that were judged.
  ['x-http-method', 'drop'],
  ['x-http-method-override', 'drop'],
  ['x-method-override', 'drop'],
  ['x-original-url', 'drop'],
  ['x-rewrite-url', 'drop'],
]);

// Servers that hand fields over as environment variables cannot tell `_` from `-`: with an underscore, these would
// stand in for the fields that were judged.
const judgedNames: ReadonlySet<string> = new Set(['accept', 'authorization', 'content-type', 'cookie']);

/** How the request's body goes to the API. */
export type BodyWay =
  | 'none'
  /** As whole bytes, content codings removed; its length is set by whoever writes them. */
  | 'bytes'
  /** As it comes. */
  | 'stream';

/**
 * Makes the fields of the request that the API receives.
 *
 * The client's fields keep their order and spelling, without those that end at this hop and those by which a caller
 * could speak for the gate: `X-Forwarded-*`, `Forwarded`, `X-Real-IP`, `X-Request-Id`, `Flick-*`, in any spelling with
 * `_` too. Host stays the client's. Then come the gate's own: who asked (`Flick-Subject`, `Flick-Scopes`), from where
 * (`X-Forwarded-*`, `Forwarded`) and `X-Request-Id`.
 *
 * @returns names and values in turn; of the framing fields only Content-Length, where a streamed body has one
 */
export function fieldsToUpstream(passage: Passage, requestId: string, way: BodyWay): string[] {
  const sent = passage.facts.headers;
  const fields: string[] = [];
  let listed: ReadonlySet<string> | undefined;
  let host = '';
  let inboundFor: string | undefined;
  let inboundHost: string | undefined;
  let inboundProto: string | undefined;
  for (let i = 0; i < sent.length; i += 2) {
    const name = sent[i] ?? '';
    const value = sent[i + 1] ?? '';
    let key = name.toLowerCase();
    const underscored = key.includes('_');
    if (underscored) key = key.replaceAll('_', '-');
    const course = courses.get(key);
    if (course === undefined) {
      if (!endsHere(key) && !(underscored && judgedNames.has(key))) fields.push(name, value);
    } else if (underscored || course === 'drop') {
      continue;
    } else if (course === 'connection') {
      listed = listedByConnection(value, listed);
    } else if (course === 'host') {
      if (host === '') {
        host = value;
        fields.push(name, value);
      }
    } else if (course === 'length') {
      if (way === 'stream') fields.push(name, value);
    } else if (course === 'coding') {
      if (way !== 'bytes') fields.push(name, value);
    } else if (course === 'x-forwarded-for') {
      inboundFor = inboundFor === undefined ? value : `${inboundFor},${value}`;
    } else if (course === 'x-forwarded-host') {
      inboundHost = value;
    } else {
      inboundProto = value;
    }
  }
  const kept = listed === undefined ? fields : withoutListed(fields, listed, passage);
  pushForwarded(kept, passage, host, inboundFor, inboundHost, inboundProto);
  if (passage.consumer !== undefined) pushIdentity(kept, passage.consumer);
  kept.push('X-Request-Id', requestId);
  return kept;
}

function endsHere(key: string): boolean {
  return isHopByHop(key) || key.startsWith('x-forwarded-') || key.startsWith('flick-') || key.startsWith('x-flick-');
}

// A listed field goes, unless the ladder judged by it: else a caller could have a credential or a parameter judged and
// then taken away.
function withoutListed(fields: readonly string[], listed: ReadonlySet<string>, passage: Passage): string[] {
  const judged = new Set<string>();
  for (const parameter of passage.operation?.parameters ?? []) {
    if (parameter.in === 'header') judged.add(parameter.name.toLowerCase());
  }
  for (const needs of passage.operation?.security ?? []) {
    for (const { scheme } of needs) {
      if (scheme.in === 'header' && scheme.parameter !== undefined) judged.add(scheme.parameter.toLowerCase());
    }
  }
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? '';
    const key = name.toLowerCase();
    if (!listed.has(key) || judged.has(key)) kept.push(name, fields[i + 1] ?? '');
  }
  return kept;
}

// Only what the ladder believed goes on: when it saw through trusted proxies to the client, the chain from that client
// on, and the proxies' word on host and scheme; else the peer alone.
function pushForwarded(
  fields: string[],
  passage: Passage,
  host: string,
  inboundFor: string | undefined,
  inboundHost: string | undefined,
  inboundProto: string | undefined,
): void {
  const { facts } = passage;
  const peer = plainAddress(facts.address);
  const client = passage.address === '' ? peer : passage.address;
  const own = facts.secure ? 'https' : 'http';
  if (client === peer) {
    fields.push('X-Forwarded-For', peer, 'X-Forwarded-Proto', own);
    if (host !== '') fields.push('X-Forwarded-Host', host);
    fields.push('Forwarded', forwardedElement(peer, host, own));
    return;
  }
  const proto = inboundProto === 'http' || inboundProto === 'https' ? inboundProto : own;
  const asked = inboundHost !== undefined && isAuthority(inboundHost) ? inboundHost : host;
  const chain = [client, ...hopsAfter(client, inboundFor), peer];
  fields.push('X-Forwarded-For', chain.join(', '), 'X-Forwarded-Proto', proto);
  if (asked !== '') fields.push('X-Forwarded-Host', asked);
  const [, ...proxies] = chain;
  fields.push(
    'Forwarded',
    [forwardedElement(client, asked, proto), ...proxies.map((hop) => `for=${node(hop)}`)].join(', '),
  );
}

// The proxies between the client and the peer. Left of the client stands what no trusted proxy vouches for.
function hopsAfter(client: string, inboundFor: string | undefined): readonly string[] {
  const entries = (inboundFor ?? '').split(',').map((entry) => plainAddress(entry.trim()));
  const at = entries.lastIndexOf(client);
  return at === -1 ? [] : entries.slice(at + 1).filter((entry) => isIP(entry) !== 0);
}

// As the ladder spells addresses, so that a peer is never taken for a proxy that was seen through: without a zone, IPv4
// inside IPv6 as IPv4, and no dotted form of other IPv6 addresses.
function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%', 1);
  if (!plain.includes('.') || !isIPv6(plain)) return plain;
  return plain.startsWith('::ffff:') ? plain.slice(7) : new URL(`http://[${plain}]`).hostname.slice(1, -1);
}

function isAuthority(text: string): boolean {
  return /^[\w.~!$&'()*+;=%:[\]-]+$/.test(text);
}

// RFC 7239, section 4: a value that is no token stands in quotes.
function forwardedElement(address: string, host: string, proto: string): string {
  const named = isAuthority(host) ? `;host="${host}"` : '';
  return `for=${node(address)}${named};proto=${proto}`;
}

function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}

function pushIdentity(fields: string[], consumer: Consumer): void {
  // A token may name nobody in particular.
  if (consumer.subject !== '') fields.push('Flick-Subject', plainText(consumer.subject));
  if (consumer.scopes.length > 0) fields.push('Flick-Scopes', consumer.scopes.map(plainText).join(' '));
}

// Percent-encoded, so that no subject can end the line, hold a blank or be read in two charsets; what identifiers are
// mostly made of stays readable. The mend for lone surrogates is U+FFFD, as everywhere in UTF-8.
function plainText(text: string): string {
  if (/^[\w.~:/@|+=-]*$/.test(text)) return text;
  return encodeURIComponent(Buffer.from(text).toString()).replaceAll(/%(?:3A|2F|40|7C|2B|3D)/g, decodeURIComponent);
}
