/** The fields of a request that may hold a token, as `node:http` names them. */
export interface TokenFields {
  readonly cookie?: string | undefined;
  readonly authorization?: string | undefined;
}

// RFC 6265bis, section 4.1.3.2: a browser takes it from the host alone that it belongs to, over TLS alone.
const NAME = /^__Host-[!#$%&'*+\-.^`|~\w]+$/;

/** Whether a name is one that browsers guard. */
export function isGuardedName(name: string): boolean {
  return NAME.test(name);
}

/** A `Set-Cookie` field. Without `maxAgeS` the cookie lives as long as the browser. */
export function cookieText(name: string, value: string, maxAgeS?: number): string {
  const age = maxAgeS === undefined ? '' : ` Max-Age=${maxAgeS};`;
  return `${name}=${value}; Path=/;${age} HttpOnly; Secure; SameSite=Lax`;
}

/** The token of a request: of its cookie, or behind `Bearer`. Undefined where there is none, or more than one. */
export function tokenIn({ cookie = '', authorization = '' }: TokenFields, name: string): string | undefined {
  const tokens: string[] = [];
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && pair.slice(0, equals).trim() === name) tokens.push(pair.slice(equals + 1).trim());
  }
  const bearer = /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1];
  if (bearer !== undefined) tokens.push(bearer);
  return tokens.length === 1 ? tokens[0] : undefined;
}
