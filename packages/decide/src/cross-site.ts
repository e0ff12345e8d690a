import type { CrossSitePolicy } from './ports.ts';
import type { Violation } from './verdict.ts';
import type { Walk } from './walk.ts';

// Methods that change nothing; OPTIONS is answered before.
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Finds what tells that a page of another origin had a browser send the request, and so its cookies. Browsers say so in
 * `Sec-Fetch-Site` (Fetch Metadata, section 2.3), older ones in `Origin` (Fetch), with every request that may change
 * things and that another origin began. Who sends neither is no browser, and sends the cookie because it means to.
 *
 * @returns undefined where nothing tells of another origin, or the policy trusts it
 */
export function crossSiteFault(walk: Walk, { origins, sameSite }: CrossSitePolicy): Violation | undefined {
  const { facts, fields } = walk;
  if (safe.has(facts.method)) return undefined;
  const origin = fields.get('origin');
  if (origin !== undefined && origins.has(origin)) return undefined;
  const site = fields.get('sec-fetch-site');
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none' || (site === 'same-site' && sameSite)) return undefined;
    const arrived = site === 'cross-site' || site === 'same-site' ? site : 'something else';
    return fault('Sec-Fetch-Site', sameSite ? 'same-origin, same-site or none' : 'same-origin or none', arrived);
  }
  if (origin === undefined || isOwn(origin, fields.get('host') ?? '', facts.secure)) return undefined;
  return fault('Origin', 'the origin of the API, or one that it allows', 'another origin');
}

/**
 * Whether an origin is the one that a request was sent to. Behind a proxy that ends TLS nobody here knows the scheme, so
 * the host and the port alone are held against each other; `null` is nobody's.
 */
function isOwn(origin: string, host: string, secure: boolean): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from, origin: serialized } = new URL(origin);
  if (serialized !== origin || (secure && protocol !== 'https:')) return false;
  // Default ports are left out on both sides.
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === from;
}

function fault(name: string, due: string, arrived: string): Violation {
  return { in: 'header', name, reason: 'cross-site-request', due, arrived };
}
