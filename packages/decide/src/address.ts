import type { RequestFacts } from './facts.ts';
import { tokenClass } from './field-text.ts';
import type { Fields } from './fields.ts';
import { ipaddr } from './ipaddr.ts';
import { remembering } from './remembering.ts';

type Range = ReturnType<ReturnType<typeof ipaddr>['parseCIDR']>;

/** A connection brings many requests, and a proxy nearly all of them. */
const rememberedAddresses = 1000;

/**
 * Makes the function that finds a request's client: the address at the other end of the connection, or, where that is
 * a trusted proxy, the nearest address in `Forwarded` (RFC 7239) or `X-Forwarded-For` that is not.
 *
 * Both fields are read from the right, as far as each hop is trusted; what is no address ends the way. Where a request
 * has both and they do not agree, neither is believed: the proxy wrote one of them, and the caller the other.
 *
 * @param trustedProxies - addresses and ranges (CIDR)
 * @throws RangeError where an entry is neither; the message names it
 */
export function compileClientAddress(
  trustedProxies: readonly string[],
): (facts: RequestFacts, fields: Fields) => string {
  const ranges = trustedProxies.map(rangeOf);
  const trusted = remembering(rememberedAddresses, (address) => {
    if (!ipaddr().isValid(address)) return false;
    const parsed = ipaddr().process(address);
    return ranges.some((range) => parsed.kind() === range[0].kind() && parsed.match(range));
  });
  const peerOf = remembering(rememberedAddresses, (address) => plainAddress(address) ?? address);
  const nearest = (peer: string, hops: readonly string[], read: (hop: string) => string | undefined): string => {
    let client = peer;
    // Only as far as it is trusted is a hop read: the rest is as long as the caller likes.
    for (let at = hops.length - 1; at >= 0 && trusted(client); at -= 1) {
      const hop = read(hops[at] ?? '');
      if (hop === undefined) break;
      client = hop;
    }
    return client;
  };
  return (facts, fields) => {
    const peer = peerOf(facts.address);
    if (ranges.length === 0 || !trusted(peer)) return peer;
    const listed = fields.get('x-forwarded-for');
    const byForwarded = fields.has('forwarded')
      ? nearest(peer, fields.all('forwarded').flatMap(elementsOf), forwardedAddress)
      : undefined;
    const byList = listed === undefined ? undefined : nearest(peer, listed.split(','), hopAddress);
    if (byForwarded !== undefined && byList !== undefined) return byForwarded === byList ? byList : peer;
    return byForwarded ?? byList ?? peer;
  };
}

/** Whom a limit by address counts: an IPv4 address, or an IPv6 network of 64 bits, which one subscriber has. */
export const addressKey: (address: string) => string = remembering(rememberedAddresses, (address) => {
  if (!address.includes(':') || !ipaddr().IPv6.isValid(address)) return address;
  const network = ipaddr().IPv6.parse(address).parts.slice(0, 4);
  return `${network.map((part) => part.toString(16)).join(':')}::/64`;
});

function rangeOf(entry: string): Range {
  try {
    if (entry.includes('/')) return ipaddr().parseCIDR(entry);
    const address = ipaddr().process(entry);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    throw new RangeError(`trustedProxies: "${entry}" is no address or range; write it as 10.0.0.0/8 or ::1`);
  }
}

const dottedDecimal = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** An address in its one spelling, IPv4 inside IPv6 as IPv4; undefined where the text is none. */
function plainAddress(text: string): string | undefined {
  // The way of nearly all: already as it should be.
  if (dottedDecimal.test(text)) return ipaddr().IPv4.isValidFourPartDecimal(text) ? text : undefined;
  if (!text.includes(':') || !ipaddr().IPv6.isValid(text)) return undefined;
  const address = ipaddr().IPv6.parse(text);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  delete address.zoneId;
  return address.toRFC5952String();
}

/** The address of a hop, which may be in brackets and have a port: `192.0.2.1:80`, `[2001:db8::1]:80`. */
function hopAddress(text: string): string | undefined {
  const hop = text.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(hop) ?? [];
  return plainAddress(bracketed ?? dotted ?? hop);
}

// An element of Forwarded: pairs of a token and a token or quoted text. Each character can be read in one way only.
const forwardedPair = new RegExp(String.raw`^\s*(${tokenClass}+)=("(?:[^"\\]|\\.)*"|[^",;\s]*)\s*$`);

function elementsOf(value: string): string[] {
  return splitOutsideQuotes(value, ',');
}

/** The address in an element's `for`. */
function forwardedAddress(element: string): string | undefined {
  for (const pair of splitOutsideQuotes(element, ';')) {
    const [, name, text] = forwardedPair.exec(pair) ?? [];
    if (name?.toLowerCase() === 'for' && text !== undefined) return hopAddress(text.replace(/^"(.*)"$/, '$1'));
  }
  return undefined;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
