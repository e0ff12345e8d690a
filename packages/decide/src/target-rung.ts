import type { Sizes } from './ports.ts';
import { canonicalPath, hexByte } from './path-text.ts';
import { refuseViolations, type Refuse, refused } from './refusal.ts';
import type { Verdict } from './verdict.ts';
import type { Rung } from './walk.ts';

const absolute = /^(https?):\/\/([^/?#\\]+)([/?].*)?$/i;
// Visible ASCII but for the fragment's mark, which no request target has.
const queryText = /^[!"$-~]*$/;

/**
 * Rung 2: can the target be read in one way only? Makes it canonical: what is matched is what is forwarded.
 *
 * Origin-form is taken; absolute-form (RFC 9112, section 3.2.2) where its authority is that of Host; `*` with OPTIONS.
 * No template parameter takes an encoded slash: whether it is one is what servers disagree on.
 */
export function compileTargetRung(sizes: Sizes, refuse: Refuse): Rung {
  const malformed = (due: string, arrived: string): Verdict =>
    refused(refuseViolations(refuse, undefined, [{ in: 'target', reason: 'malformed-target', due, arrived }]));

  return (walk) => {
    const { method, target, version } = walk.facts;
    if (target.length > sizes.targetBytes) {
      const detail = `The request target has ${target.length} bytes; the server reads ${sizes.targetBytes}.`;
      return refused(refuse(undefined, 'target-too-long', detail));
    }
    let origin = target;
    if (target.charCodeAt(0) !== 0x2f) {
      if (target === '*') {
        if (method !== 'OPTIONS') return malformed('a path', 'an asterisk, which only OPTIONS may have');
        walk.target = '*';
        walk.path = '*';
        return undefined;
      }
      const [, scheme, authority, rest] = absolute.exec(target) ?? [];
      if (scheme === undefined || authority === undefined) {
        return malformed('a path that starts with a slash', method === 'CONNECT' ? 'an authority' : 'something else');
      }
      const host = walk.fields.get('host');
      if (host === undefined ? version === '1.1' : !sameAuthority(scheme, authority, host)) {
        return malformed('the authority that Host names', 'another');
      }
      if (rest === undefined && method === 'OPTIONS') {
        walk.target = '*';
        walk.path = '*';
        return undefined;
      }
      origin = rest === undefined ? '/' : rest.startsWith('?') ? `/${rest}` : rest;
    }
    const mark = origin.indexOf('?');
    const raw = mark < 0 ? origin : origin.slice(0, mark);
    const path = canonicalPath(raw);
    if (typeof path !== 'string') return malformed(path.due, path.arrived);
    if (mark >= 0) {
      const query = origin.slice(mark + 1);
      if (!queryText.test(query)) return malformed('visible ASCII in the query', 'another character');
      for (let at = query.indexOf('%'); at >= 0; at = query.indexOf('%', at + 1)) {
        const byte = hexByte(query, at + 1);
        if (byte === undefined) return malformed('two hex digits after each percent sign', 'something else');
        if (byte === 0) return malformed('no encoded NUL', 'one');
      }
      walk.query = query;
    }
    walk.path = path;
    walk.target = path === raw ? origin : mark < 0 ? path : `${path}?${walk.query}`;
    return undefined;
  };
}

/** Whether two authorities are the same, the default port left out or not. */
function sameAuthority(scheme: string, authority: string, host: string): boolean {
  const port = scheme.length === 4 ? /:(?:80)?$/ : /:(?:443)?$/;
  return authority.toLowerCase().replace(port, '') === host.toLowerCase().replace(port, '');
}
