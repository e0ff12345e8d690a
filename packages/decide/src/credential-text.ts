import type { SecurityScheme } from '@flick/contract';
import { decodeWord, splitPair } from './parameter-text.ts';
import type { Walk } from './walk.ts';

/** Where a credential travels, as the request's reader needs it. Schemes that share a place share its credential. */
export interface Place {
  readonly kind: 'authorization' | 'header' | 'query' | 'cookie' | 'nowhere';
  /** The field's name in lower case, or the name of the query parameter or cookie. */
  readonly name: string;
}

/** A credential as it arrived: none, one, or more than one where one was due. */
export type Credential = string | undefined | typeof several;

/** Two credentials of one kind: which of them counts is what two readers would disagree on. */
export const several = Symbol('several');

/** Where the credential of a scheme travels. A client certificate travels nowhere in the request. */
export function placeOf(scheme: SecurityScheme): Place {
  if (scheme.type === 'mutualTLS') return { kind: 'nowhere', name: '' };
  if (scheme.type !== 'apiKey') return { kind: 'authorization', name: 'authorization' };
  const name = scheme.parameter ?? '';
  if (scheme.in !== 'header') return { kind: scheme.in ?? 'query', name };
  const lower = name.toLowerCase();
  return { kind: lower === 'authorization' ? 'authorization' : 'header', name: lower };
}

/**
 * Reads a scheme's credential from its place. For an HTTP scheme: what follows the scheme's name, empty where nothing
 * does, and undefined where the field is of another scheme. An empty key is none.
 */
export function readCredential(walk: Walk, scheme: SecurityScheme, place: Place): Credential {
  if (place.kind === 'nowhere') return undefined;
  if (place.kind === 'query') return sole(queryValues(walk.query, place.name));
  if (place.kind === 'cookie') return sole(cookieValues(walk.fields.get('cookie') ?? '', place.name));
  if (scheme.type === 'apiKey') return sole(walk.fields.all(place.name));
  const value = walk.fields.get('authorization')?.trim();
  const due = scheme.scheme ?? 'bearer';
  if (value === undefined || !beginsWith(value, due)) return undefined;
  if (value.length === due.length) return '';
  return value.charCodeAt(due.length) === 0x20 ? value.slice(due.length + 1).trim() : undefined;
}

/** Whether a text begins with a word in lower case, in whatever case. */
function beginsWith(text: string, word: string): boolean {
  if (text.length < word.length) return false;
  for (let at = 0; at < word.length; at += 1) {
    const code = text.charCodeAt(at);
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    if (lower !== word.charCodeAt(at)) return false;
  }
  return true;
}

// RFC 6750, section 2.1; RFC 9110, section 11.2.
const token68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a credential has the form of its scheme. */
export function isWellFormed(credential: string, scheme: SecurityScheme): boolean {
  if (scheme.type === 'apiKey') return credential !== '';
  if ((scheme.scheme ?? 'bearer') === 'bearer') return token68.test(credential);
  // RFC 7617, section 2: a user name, a colon, a password.
  if (scheme.scheme === 'basic') return base64.test(credential) && atob(credential).includes(':');
  return credential !== '';
}

function sole(values: readonly string[]): Credential {
  if (values.length > 1) return several;
  return values[0] === '' ? undefined : values[0];
}

function queryValues(query: string, name: string): string[] {
  const values: string[] = [];
  if (query === '') return values;
  for (const pair of query.split('&')) {
    const [own, value] = splitPair(pair);
    if (decodeWord(own) === name) values.push(decodeWord(value));
  }
  return values;
}

function cookieValues(cookies: string, name: string): string[] {
  const values: string[] = [];
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim());
  }
  return values;
}
