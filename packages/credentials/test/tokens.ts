import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Verification } from '@flick/decide';
import type { JwtVerifier } from '../src/index.ts';

export const scheme: Parameters<JwtVerifier['verify']>[1] = { name: 'bearerAuth', type: 'http', scheme: 'bearer' };

/** 2026-11-23T00:00:00Z: the wall clock of the tests, in seconds. */
export const nowS = 1_795_392_000;
export const clock = { wallMs: () => nowS * 1000, monotonicMs: () => 0 };

export const secret = Buffer.from('a secret of more than 64 bytes, as long as the longest hash asks of it');
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const ed25519 = generateKeyPairSync('ed25519');

export const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');
export const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
export const jwkOf = (key: KeyObject, members: object): object => ({ ...key.export({ format: 'jwk' }), ...members });

type Signer = (input: string) => Uint8Array;

export const hs256: Signer = (input) => createHmac('sha256', secret).update(input).digest();
export const rs256 =
  (key: KeyObject = rsa.privateKey): Signer =>
  (input) =>
    sign('sha256', Buffer.from(input), key);
export const es256 =
  (key: KeyObject = ec.privateKey, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363'): Signer =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding });
export const eddsa: Signer = (input) => sign(null, Buffer.from(input), ed25519.privateKey);

/** A token of any header and payload, as text or to be written as JSON, signed in whatever way. */
export function tokenOf(header: string | object, payload: string | Uint8Array | object, signer: Signer): string {
  const head = base64url(typeof header === 'string' ? header : JSON.stringify(header));
  const isRaw = typeof payload === 'string' || payload instanceof Uint8Array;
  const input = `${head}.${base64url(isRaw ? payload : JSON.stringify(payload))}`;
  return `${input}.${base64url(signer(input))}`;
}

export const claims = { sub: 'alice', exp: nowS + 600 };

export function goodToken(more: object = {}): string {
  return tokenOf({ alg: 'HS256' }, { ...claims, ...more }, hs256);
}

export async function verify(verifier: JwtVerifier, token: string): Promise<Verification> {
  return verifier.verify(token, scheme);
}
