import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import { type CurlOption, readCurlOptions } from './curl-options.ts';

/** A request as curl would send it. */
export interface CurlRequest {
  /** Head and body, as HTTP/1.1 or 1.0. */
  readonly bytes: Uint8Array;
  /** Whether it would travel over TLS. */
  readonly secure: boolean;
}

/** What options have said so far. */
interface Draft {
  method?: string;
  head: boolean;
  get: boolean;
  asIs: boolean;
  version: '1.0' | '1.1';
  /** Those of `-H`, as written: `Name: value`, `Name:` to leave one out, `Name;` for an empty one. */
  readonly headers: string[];
  /** What curl sends of its own where no `-H` says otherwise. */
  readonly own: Map<string, string>;
  readonly data: Buffer[];
  readonly query: string[];
  readonly form: Part[];
  upload?: Buffer;
  readonly urls: string[];
}

/** A part of a multipart body. */
interface Part {
  readonly head: string;
  readonly content: Buffer;
}

/**
 * Makes the request of a curl command.
 *
 * @param words - the command's words after `curl`
 * @throws StartFault where it makes none
 */
export function readCurlRequest(words: readonly string[]): CurlRequest {
  const { options, urls } = readCurlOptions(words);
  const draft: Draft = {
    head: false,
    get: false,
    asIs: false,
    version: '1.1',
    headers: [],
    own: new Map([
      ['User-Agent', 'curl'],
      ['Accept', '*/*'],
    ]),
    data: [],
    query: [],
    form: [],
    urls: [...urls],
  };
  for (const option of options) apply(option, draft);
  const [text, ...others] = draft.urls;
  if (text === undefined)
    throw new StartFault('the request has no URL: name one, such as https://api.example.com/path');
  if (others.length > 0) throw new StartFault('the request has several URLs, or a word too many; explain takes one');
  const url = readUrl(text, draft.asIs);
  const body = bodyOf(draft);
  if (draft.get && draft.data.length > 0) draft.query.push(joined(draft.data).toString());
  return { bytes: write(draft, url, draft.get ? undefined : body), secure: url.secure };
}

function apply({ name, value }: CurlOption, draft: Draft): void {
  switch (name) {
    case 'request':
      draft.method = value;
      break;
    case 'header':
      draft.headers.push(
        ...(value.startsWith('@') ? readText(value.slice(1)).split(/\r?\n/).filter(Boolean) : [value]),
      );
      break;
    case 'data':
    case 'data-ascii':
      draft.data.push(value.startsWith('@') ? withoutLines(readBytes(value.slice(1))) : Buffer.from(value));
      break;
    case 'data-raw':
      draft.data.push(Buffer.from(value));
      break;
    case 'data-binary':
      draft.data.push(value.startsWith('@') ? readBytes(value.slice(1)) : Buffer.from(value));
      break;
    case 'data-urlencode':
      draft.data.push(Buffer.from(urlEncoded(value)));
      break;
    case 'json':
      draft.data.push(value.startsWith('@') ? readBytes(value.slice(1)) : Buffer.from(value));
      draft.own.set('Content-Type', 'application/json').set('Accept', 'application/json');
      break;
    case 'form':
    case 'form-string':
      draft.form.push(partOf(value, name === 'form'));
      break;
    case 'user':
      draft.own.set(
        'Authorization',
        `Basic ${Buffer.from(value.includes(':') ? value : `${value}:`).toString('base64')}`,
      );
      break;
    case 'oauth2-bearer':
      draft.own.set('Authorization', `Bearer ${value}`);
      break;
    case 'cookie':
      // Without an equals sign it names a file of cookies, which are other sites' as well.
      if (!value.includes('='))
        throw new StartFault("curl's -b names a file of cookies; write them out: -b 'name=value'");
      draft.own.set('Cookie', value);
      break;
    case 'user-agent':
      draft.own.set('User-Agent', value);
      break;
    case 'referer':
      draft.own.set('Referer', value.replace(/;auto$/, ''));
      break;
    case 'range':
      draft.own.set('Range', `bytes=${value}`);
      break;
    case 'upload-file':
      draft.upload = readBytes(value);
      break;
    case 'url':
      draft.urls.push(value);
      break;
    case 'url-query':
      draft.query.push(value.startsWith('+') ? value.slice(1) : urlEncoded(value));
      break;
    case 'get':
      draft.get = true;
      break;
    case 'head':
      draft.head = true;
      break;
    case 'compressed':
      draft.own.set('Accept-Encoding', 'deflate, gzip, br');
      break;
    case 'path-as-is':
      draft.asIs = true;
      break;
    case 'http1.0':
      draft.version = '1.0';
      break;
    default:
      name satisfies never;
  }
}

/** Reads a file, or standard input for `-`. */
function readBytes(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new StartFault(`${path}: cannot be read: ${systemReason(error)}`);
  }
}

function readText(path: string): string {
  return readBytes(path).toString();
}

function withoutLines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte) => byte !== 13 && byte !== 10 && byte !== 0));
}

/** `content`, `=content`, `name=content`, `@file` and `name@file` of `--data-urlencode`: the name goes as it is. */
function urlEncoded(value: string): string {
  const [, name = '', sign = '', rest = value] = /^([^=@]*)([=@])(.*)$/s.exec(value) ?? [];
  const content = sign === '@' ? readText(rest) : rest;
  const encoded = encodeURIComponent(content).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return name === '' ? encoded : `${name}=${encoded}`;
}

/** A part of `-F`: `name=value`, `name=@file`, `name=<file`, each with `;type=` and `;filename=`. */
function partOf(text: string, special: boolean): Part {
  const equals = text.indexOf('=');
  if (equals < 1) throw new StartFault("curl's -F lacks its name: due is name=value, or name=@file");
  const name = text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (!special) return { head: disposition(name), content: Buffer.from(value) };
  const [main = '', ...attributes] = value.split(/;(?=\s*(?:type|filename|headers|encoder)=)/);
  const attribute = (key: string): string | undefined =>
    attributes
      .map((each) => each.trim())
      .find((each) => each.startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .replace(/^"(.*)"$/, '$1');
  const isFile = main.startsWith('@');
  const content = isFile || main.startsWith('<') ? readBytes(main.slice(1)) : Buffer.from(main);
  const filename = attribute('filename') ?? (isFile ? basename(main.slice(1)) : undefined);
  const type = attribute('type') ?? (isFile ? typeOfFile(main) : undefined);
  return { head: disposition(name, filename) + (type === undefined ? '' : `Content-Type: ${type}\r\n`), content };
}

// Those that curl guesses, too.
const fileTypes: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  xml: 'application/xml',
};

function typeOfFile(path: string): string {
  return fileTypes[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}

function disposition(name: string, filename?: string): string {
  const file = filename === undefined ? '' : `; filename="${quoted(filename)}"`;
  return `Content-Disposition: form-data; name="${quoted(name)}"${file}\r\n`;
}

function quoted(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Several data go together as the fields of a form; what `--json` gives is joined as it is. */
function joined(data: readonly Buffer[], separator = '&'): Buffer {
  return Buffer.concat(data.flatMap((each, index) => (index === 0 ? [each] : [Buffer.from(separator), each])));
}

function bodyOf(draft: Draft): Buffer | undefined {
  if (draft.form.length > 0) {
    if (draft.data.length > 0) throw new StartFault('curl takes either -F or -d, not both');
    const boundary = `------------------------${randomBytes(11).toString('hex')}`;
    draft.own.set('Content-Type', `multipart/form-data; boundary=${boundary}`);
    const parts = draft.form.flatMap(({ head, content }) => [
      Buffer.from(`--${boundary}\r\n${head}\r\n`),
      content,
      Buffer.from('\r\n'),
    ]);
    return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  }
  if (draft.upload !== undefined) return draft.upload;
  if (draft.data.length === 0) return undefined;
  const isJson = draft.own.get('Content-Type') === 'application/json';
  if (!isJson && !draft.get) draft.own.set('Content-Type', 'application/x-www-form-urlencoded');
  return joined(draft.data, isJson ? '' : '&');
}

interface Url {
  readonly secure: boolean;
  readonly host: string;
  readonly path: string;
  /** Without its question mark; undefined where there is none. */
  readonly query: string | undefined;
  readonly user: string | undefined;
}

const urlText = /^(?:(https?):\/\/)?(?:([^/?#@]*)@)?([^/?#\s]+)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/i;

/** Reads a URL as curl does, which encodes nothing: what a server must refuse shall arrive as it was written. */
function readUrl(text: string, asIs: boolean): Url {
  const match = urlText.exec(text);
  if (match === null)
    throw new StartFault('the URL is none that curl takes: due is one such as https://api.example.com/path');
  const [, scheme = 'http', user, host = '', path = '', query] = match;
  return {
    secure: scheme.toLowerCase() === 'https',
    host: host.replace(scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/, ''),
    path: asIs ? path || '/' : withoutDots(path || '/'),
    query,
    user: user === undefined ? undefined : decodeURIComponent(user),
  };
}

/** RFC 3986, section 5.2.4, which curl applies before it sends. */
function withoutDots(path: string): string {
  const segments: string[] = [];
  const parts = path.split('/').slice(1);
  for (const [index, segment] of parts.entries()) {
    const last = index === parts.length - 1;
    if (segment === '..') segments.pop();
    if (segment !== '.' && segment !== '..') segments.push(segment);
    else if (last) segments.push('');
  }
  return `/${segments.join('/')}`;
}

function write(draft: Draft, url: Url, body: Buffer | undefined): Uint8Array {
  const { own, headers, version } = draft;
  if (url.user !== undefined && !own.has('Authorization')) {
    own.set(
      'Authorization',
      `Basic ${Buffer.from(url.user.includes(':') ? url.user : `${url.user}:`).toString('base64')}`,
    );
  }
  const fields = new Map<string, string[]>([['host', [`Host: ${url.host}`]]]);
  for (const [name, value] of own) if (value !== '') fields.set(name.toLowerCase(), [`${name}: ${value}`]);
  if (body !== undefined) fields.set('content-length', [`Content-Length: ${body.length}`]);
  const named = new Set<string>();
  for (const header of headers) {
    const [, name = '', sign = '', value = ''] = /^([^:;]+)([:;])\s*(.*)$/s.exec(header) ?? [];
    if (name === '') throw new StartFault("curl's -H is no header: due is 'Name: value'");
    const key = name.trim().toLowerCase();
    // Of several `-H` of one name, curl sends all; of its own, none then.
    if (!named.has(key)) fields.set(key, []);
    named.add(key);
    if (value !== '' || sign === ';') fields.get(key)?.push(`${name}: ${value}`.trimEnd());
  }
  const chunked = /chunked/i.test(fields.get('transfer-encoding')?.join() ?? '');
  if (chunked) fields.delete('content-length');
  const sent = body === undefined ? Buffer.alloc(0) : chunked ? inChunks(body) : body;
  const query = [url.query, ...draft.query].filter((part) => part !== undefined).join('&');
  const target = url.path + (url.query === undefined && draft.query.length === 0 ? '' : `?${query}`);
  const head = [`${methodOf(draft)} ${target} HTTP/${version}`, ...[...fields.values()].flat(), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), sent]);
}

function inChunks(body: Buffer): Buffer {
  const first = body.length === 0 ? [] : [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')];
  return Buffer.concat([...first, Buffer.from('0\r\n\r\n')]);
}

function methodOf({ method, head, get, upload, data, form }: Draft): string {
  if (method !== undefined) return method;
  if (head) return 'HEAD';
  if (get) return 'GET';
  if (upload !== undefined) return 'PUT';
  return data.length > 0 || form.length > 0 ? 'POST' : 'GET';
}
