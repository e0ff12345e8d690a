import { createHmac } from 'node:crypto';

/** Signs a JSON Web Token with HS256 (RFC 7519). */
export function signToken(claims, secret) {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
