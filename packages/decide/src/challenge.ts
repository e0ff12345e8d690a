import type { Operation, SecurityScheme } from '@flick/contract';

/** What a challenge says beyond its scheme (RFC 6750, section 3), to the scheme whose credential failed. */
export interface ChallengeError {
  /** Of the scheme, as {@link kindOf} tells it. */
  readonly kind: string;
  /** `error="…"` and what belongs to it. */
  readonly text: string;
}

/** Writes `WWW-Authenticate` for the schemes of an operation. */
export type Challenge = (operation: Operation | undefined, error?: ChallengeError) => string;

/**
 * Binds {@link Challenge} to a realm. One challenge a scheme, all in one field, in the contract's order. An API key has
 * no registered scheme: its challenge says where the key goes. An operation that declares no scheme is challenged by
 * all that the contract has, since 401 must have a challenge (RFC 9110, section 15.5.2).
 */
export function compileChallenge(realm: string, schemes: ReadonlyMap<string, SecurityScheme>): Challenge {
  const spaces = `realm=${quoted(realm)}`;
  const bare = new Map<Operation | undefined, readonly Part[]>();
  return (operation, error) => {
    let parts = bare.get(operation);
    if (parts === undefined) {
      const needed = operation?.security.flat().map(({ scheme }) => scheme) ?? [];
      parts = partsOf(needed.length > 0 ? needed : [...schemes.values()], spaces);
      bare.set(operation, parts);
    }
    return parts
      .map(({ kind, text }) => (error !== undefined && kind === error.kind ? `${text}, ${error.text}` : text))
      .join(', ');
  };
}

/** Text as a quoted string; what it cannot hold left out. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/[^ -~]/g, '').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** What schemes share that are challenged alike: the HTTP scheme in lower case, or where the API key goes. */
export function kindOf(scheme: SecurityScheme): string {
  if (scheme.type !== 'apiKey') return scheme.scheme ?? 'bearer';
  return `in="${scheme.in ?? 'query'}", name=${quoted(scheme.parameter ?? '')}`;
}

interface Part {
  /** Empty where nothing can fail: no scheme is declared. */
  readonly kind: string;
  readonly text: string;
}

function partsOf(schemes: readonly SecurityScheme[], realm: string): readonly Part[] {
  const parts = new Map<string, Part>();
  for (const scheme of schemes) {
    if (scheme.type === 'mutualTLS') continue;
    const kind = kindOf(scheme);
    const name = kind.charAt(0).toUpperCase() + kind.slice(1);
    parts.set(kind, { kind, text: scheme.type === 'apiKey' ? `ApiKey ${realm}, ${kind}` : `${name} ${realm}` });
  }
  if (parts.size === 0) parts.set('', { kind: '', text: `Undeclared ${realm}` });
  return [...parts.values()];
}
