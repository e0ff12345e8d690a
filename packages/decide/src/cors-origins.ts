const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';

/**
 * Tells whether an origin is one of a list: exactly as browsers write it (RFC 6454, section 6.2), or below the domain of
 * an entry such as `https://*.example.com`. `*` lets all in.
 */
export function compileOrigins(origins: readonly string[]): (origin: string) => boolean {
  if (origins.includes('*')) return () => true;
  const exact = new Set(origins.filter((origin) => !origin.includes('*')));
  const below = origins.filter((origin) => origin.includes('*')).map(suffixOf);
  return (origin) => exact.has(origin) || below.some((fits) => fits(origin));
}

function suffixOf(entry: string): (origin: string) => boolean {
  const [scheme = '', domain = ''] = entry.split('*', 2);
  const labels = new RegExp(`^${label}(?:\\.${label})*$`);
  return (origin) =>
    origin.startsWith(scheme) &&
    origin.endsWith(domain) &&
    labels.test(origin.slice(scheme.length, origin.length - domain.length));
}

/** The Origin of a request; undefined where it has none, or several. */
export function originOf(headers: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at];
    if (name?.length !== 6 || name.toLowerCase() !== 'origin') continue;
    if (found !== undefined) return undefined;
    found = headers[at + 1];
  }
  return found;
}
