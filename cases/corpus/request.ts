import { typesOf } from './holds.ts';
import { isMembers, listOf, type Dialect, deref, type Members, type RawOperation, Unsampled } from './raw.ts';
import { type Extent, type Making, sample } from './sample.ts';

/** A value for one parameter, not yet written. */
export interface Argument {
  readonly parameter: Members;
  readonly where: string;
  readonly name: string;
  readonly required: boolean;
  readonly schema: unknown;
  /** As its `content` has it; absent where style says how it is written. */
  readonly media?: string;
  readonly value: unknown;
}

/** A body in one media type, not yet written. */
export interface BodyArgument {
  readonly type: string;
  readonly kind: 'json' | 'form' | 'multipart' | 'text' | 'opaque';
  readonly schema: unknown;
  readonly encoding: Members;
  readonly value: unknown;
}

/** A request for an operation, as values. */
export interface Draft {
  readonly operation: RawOperation;
  readonly arguments: readonly Argument[];
  readonly body: BodyArgument | undefined;
  /** Name and value of each credential, by where it travels. */
  readonly credentials: readonly { readonly where: string; readonly name: string; readonly value: string }[];
}

/** A request as it is sent. */
export interface Written {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
}

/** The media types that an operation takes; one that is `undefined` stands for no body at all. */
export function mediaTypesOf({ body }: RawOperation, extent: Extent): (string | undefined)[] {
  const content = body === undefined ? undefined : body['content'];
  const named = Object.keys(isMembers(content) ? content : {});
  if (named.length === 0 || (extent === 'least' && body?.['required'] !== true)) return [undefined];
  return named;
}

/** Makes the values of a request. */
export function draft(operation: RawOperation, type: string | undefined, dialect: Dialect, extent: Extent): Draft {
  const taken = operation.parameters.flatMap((parameter) => argumentOf(parameter, operation, dialect, extent) ?? []);
  const body = type === undefined ? undefined : bodyOf(operation, type, dialect, extent);
  return { operation, arguments: taken, body, credentials: credentialsOf(operation, dialect) };
}

// Fields that the request has anyway, or that OpenAPI says nothing of.
const framing = new Set([
  'accept',
  'content-type',
  'authorization',
  'content-length',
  'host',
  'transfer-encoding',
  'expect',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'content-encoding',
]);

function argumentOf(
  parameter: Members,
  { path }: RawOperation,
  dialect: Dialect,
  extent: Extent,
): Argument | undefined {
  const where = String(parameter['in']);
  const name = String(parameter['name']);
  const required = where === 'path' || parameter['required'] === true;
  if (where === 'path' && !path.includes(`{${name}}`)) return undefined;
  if (where === 'header' && (framing.has(name.toLowerCase()) || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name))) return undefined;
  if (!required && extent === 'least') return undefined;
  const content = parameter['schema'] === undefined && isMembers(parameter['content']) ? parameter['content'] : {};
  const [media] = Object.keys(content);
  const entry = media === undefined ? undefined : deref(content[media], dialect);
  const schema = media === undefined ? parameter['schema'] : isMembers(entry) ? entry['schema'] : undefined;
  const suits = (value: unknown): boolean => carries(value, where);
  try {
    const value = sampleSuiting(schema ?? {}, { dialect, extent, suits });
    const shared = { parameter, where, name, required, schema, value };
    return media === undefined ? shared : { ...shared, media };
  } catch (error) {
    if (!(error instanceof Unsampled)) throw error;
    if (!required) return undefined;
    throw new Unsampled(`${where} parameter: ${error.message}`);
  }
}

/** As `sample`: where the least value is one that cannot be sent, such as an object without members, a fuller one. */
function sampleSuiting(schema: unknown, making: Making): unknown {
  try {
    return sample(schema, making);
  } catch (error) {
    if (!(error instanceof Unsampled) || making.extent === 'full') throw error;
    return sample(schema, { ...making, extent: 'full' });
  }
}

/** Whether a place of a request can carry a value: a path no slash, a header no line end, neither of them nothing. */
export function carries(value: unknown, where: string): boolean {
  if (value === null || value === '' || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => item !== '' && carries(item, where));
  if (isMembers(value)) {
    return Object.keys(value).length > 0 && Object.values(value).every((each) => carries(each, where));
  }
  const written = text(value);
  if (where === 'path') return !/[/\\\p{Cc}]/u.test(written) && written !== '.' && written !== '..';
  if (where === 'header' || where === 'cookie')
    return /^[!-~](?:[ -~]*[!-~])?$/.test(written) && !/[%",;]/.test(written);
  return !written.includes('\u0000') && !/\p{Cs}/u.test(written);
}

function bodyOf({ body }: RawOperation, type: string, dialect: Dialect, extent: Extent): BodyArgument {
  const content = isMembers(body?.['content']) ? body['content'] : {};
  const found = deref(content[type], dialect);
  const entry = isMembers(found) ? found : {};
  const { schema } = entry;
  const encoding = isMembers(entry['encoding']) ? entry['encoding'] : {};
  const bare = (type.split(';')[0] ?? '').trim().toLowerCase();
  if (!/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/.test(bare)) throw new Unsampled('a media type that is none');
  const kind = kindOf(bare);
  if (kind === 'opaque')
    return {
      type: type.replace('*/*', 'application/octet-stream').replace('/*', '/x-any'),
      kind,
      schema,
      encoding,
      value: 'bytes',
    };
  if (kind === 'text') {
    const value = textOf(schema, dialect, extent);
    return { type: type.replace('*', 'plain'), kind, schema, encoding, value };
  }
  const suits = kind === 'json' ? undefined : (value: unknown): boolean => isMembers(value) && !holdsNothing(value);
  const value = sampleSuiting(schema ?? { type: 'object' }, {
    dialect,
    extent,
    ...(suits === undefined ? {} : { suits }),
  });
  return { type: /[*]/.test(bare) ? 'application/json' : type, kind, schema, encoding, value };
}

/** A text that fits; where the schema has none, any: text of another syntax is passed on unread. */
function textOf(schema: unknown, dialect: Dialect, extent: Extent): unknown {
  try {
    return sample(schema ?? {}, { dialect, extent, suits: (each) => typeof each === 'string' && each !== '' });
  } catch (error) {
    if (!(error instanceof Unsampled) || takesText(schema, dialect)) throw error;
    return 'text';
  }
}

function takesText(schema: unknown, dialect: Dialect): boolean {
  const found = deref(schema, dialect);
  return isMembers(found) && typesOf(found)?.includes('string') === true;
}

/** Whether something in a value would leave no trace in a form: null, an array or object that is empty. */
export function holdsNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && (Object.keys(value).length === 0 || Object.values(value).some(holdsNothing));
}

function kindOf(type: string): BodyArgument['kind'] {
  if (
    type === 'application/json' ||
    type === 'text/json' ||
    type === '*/*' ||
    type === 'application/*' ||
    type.endsWith('+json')
  )
    return 'json';
  if (isForm(type)) return 'form';
  if (type === 'multipart/form-data') return 'multipart';
  return type.startsWith('text/') ? 'text' : 'opaque';
}

function credentialsOf({ security }: RawOperation, dialect: Dialect): Draft['credentials'] {
  const [first] = security;
  if (first === undefined) return [];
  const root = isMembers(dialect.root) && isMembers(dialect.root['components']) ? dialect.root['components'] : {};
  const schemes = isMembers(root['securitySchemes']) ? root['securitySchemes'] : {};
  return Object.keys(first).map((name) => {
    const scheme = deref(schemes[name], dialect);
    if (!isMembers(scheme)) throw new Unsampled('a security scheme that is not declared');
    const { type, in: where } = scheme;
    if (type === 'apiKey') return { where: String(where), name: String(scheme['name']), value: 'k3y' };
    const kind = type === 'http' ? String(scheme['scheme']).toLowerCase() : 'bearer';
    const value = kind === 'basic' ? 'Basic YWRhOnB3' : kind === 'bearer' ? 'Bearer a.b.c' : `${kind} realm="a"`;
    return { where: 'header', name: 'Authorization', value };
  });
}

const encode = (part: string): string =>
  encodeURIComponent(part).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** A value as text. What is within an array or object has no style of its own and is written as JSON. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Writes a request as bytes. */
export function write({ operation, arguments: given, body, credentials }: Draft): Written {
  let path = operation.path.startsWith('/') ? operation.path : `/${operation.path}`;
  const query: string[] = [];
  const cookies: string[] = [];
  const headers = ['Host', 'api.example.com', 'Accept', '*/*'];
  for (const argument of given) {
    const { where, name } = argument;
    if (where === 'path') path = path.replaceAll(`{${name}}`, () => inPath(argument));
    else if (where === 'query') query.push(...inQuery(argument));
    else if (where === 'querystring') query.push(...inQuerystring(argument));
    else if (where === 'cookie')
      cookies.push(inQuery(argument).join(argument.parameter['style'] === 'cookie' ? '; ' : '&'));
    else if (where === 'header') headers.push(name, inHeader(argument));
  }
  // What the template has undeclared takes any text.
  path = path.replaceAll(/\{[^{}]+\}/g, 'q7x');
  for (const { where, name, value } of credentials) {
    // Many documents declare a key as a parameter, too.
    if (given.some((argument) => argument.where === where && argument.name === name)) continue;
    if (where === 'query') query.push(`${encode(name)}=${encode(value)}`);
    else if (where === 'cookie') cookies.push(`${name}=${value}`);
    else if (!headers.some((each, at) => at % 2 === 0 && each.toLowerCase() === name.toLowerCase()))
      headers.push(name, value);
  }
  if (cookies.length > 0) headers.push('Cookie', cookies.join('; '));
  const written = body === undefined ? undefined : writeBody(body);
  if (written !== undefined) headers.push('Content-Type', written.type);
  headers.push('Content-Length', String(written?.bytes.length ?? 0));
  const target = operation.base + literals(path) + (query.length === 0 ? '' : `?${query.join('&')}`);
  return { method: operation.method, target, headers, body: written?.bytes };
}

/** Encodes what a template has outside its braces; what was put into them is encoded already. */
function literals(path: string): string {
  return path.replaceAll(/[^\w\-.~!$&'()*+,;=:@/%]/g, (char) => encodeURIComponent(char));
}

interface Style {
  readonly style: string;
  readonly explode: boolean;
}

function styleOf(parameter: Members, fallback: string): Style {
  const style = typeof parameter['style'] === 'string' ? parameter['style'] : fallback;
  const spreads = style === 'form' || style === 'cookie';
  const explode = typeof parameter['explode'] === 'boolean' ? parameter['explode'] : spreads;
  return { style, explode };
}

function parts(value: unknown, explode: boolean, spell: (part: string) => string): string[] {
  if (Array.isArray(value)) return value.map((item) => spell(text(item)));
  const entries = Object.entries(isMembers(value) ? value : {});
  return entries.flatMap(([name, each]) =>
    explode ? `${spell(name)}=${spell(text(each))}` : [spell(name), spell(text(each))],
  );
}

/** A value in a media type of its own: JSON, or text as it is. */
function inMedia(media: string, value: unknown): string {
  return /json/.test(media) ? JSON.stringify(value) : text(value);
}

function inPath({ parameter, name, value, media }: Argument): string {
  if (media !== undefined) return encode(inMedia(media, value));
  const { style, explode } = styleOf(parameter, 'simple');
  if (typeof value !== 'object') {
    const prefix = style === 'label' ? '.' : style === 'matrix' ? `;${encode(name)}=` : '';
    return prefix + encode(text(value));
  }
  const all = parts(value, explode, encode);
  if (style === 'label') return `.${all.join(explode ? '.' : ',')}`;
  if (style !== 'matrix') return all.join(',');
  if (!explode) return `;${encode(name)}=${all.join(',')}`;
  return all.map((part) => (Array.isArray(value) ? `;${encode(name)}=${part}` : `;${part}`)).join('');
}

function inHeader({ parameter, value, media }: Argument): string {
  if (media !== undefined) return inMedia(media, value);
  const { explode } = styleOf(parameter, 'simple');
  return typeof value === 'object' ? parts(value, explode, (part) => part).join(',') : text(value);
}

function inQuery({ parameter, name, value, media }: Argument): string[] {
  if (media !== undefined) return [`${encode(name)}=${encode(inMedia(media, value))}`];
  return pairs(name, value, styleOf(parameter, 'form'));
}

/** OpenAPI 3.2: the whole query is one value. */
function inQuerystring({ parameter, value, media = '' }: Argument): string[] {
  if (!isForm(media)) return [encode(inMedia(media, value))];
  const content = isMembers(parameter['content']) ? parameter['content'][media] : undefined;
  const encoding = isMembers(content) && isMembers(content['encoding']) ? content['encoding'] : {};
  return Object.entries(isMembers(value) ? value : {}).flatMap(([name, each]) => formPairs(name, each, encoding[name]));
}

/** Whether a media type is that of forms. */
export function isForm(type: string): boolean {
  return type === 'application/x-www-form-urlencoded';
}

/** The pairs that a value is written as, in a query or a form. */
function pairs(name: string, value: unknown, { style, explode }: Style): string[] {
  const key = encode(name);
  if (typeof value !== 'object' || value === null) return [`${key}=${encode(text(value))}`];
  if (style === 'deepObject') return deep(key, value);
  if ((style === 'form' || style === 'cookie') && explode) {
    return Array.isArray(value)
      ? value.map((item) => `${key}=${encode(text(item))}`)
      : Object.entries(value).map(([member, each]) => `${encode(member)}=${encode(text(each))}`);
  }
  const delimiter = style === 'spaceDelimited' ? '%20' : style === 'pipeDelimited' ? '%7C' : ',';
  return [`${key}=${parts(value, false, encode).join(delimiter)}`];
}

function deep(key: string, value: object): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, at) =>
      typeof item === 'object' && item !== null
        ? deep(`${key}[${String(at)}]`, item)
        : `${key}[]=${encode(text(item))}`,
    );
  }
  return Object.entries(value).flatMap(([name, each]) =>
    typeof each === 'object' && each !== null
      ? deep(`${key}[${encode(name)}]`, each)
      : `${key}[${encode(name)}]=${encode(text(each))}`,
  );
}

function writeBody({ type, kind, value, encoding }: BodyArgument): {
  readonly type: string;
  readonly bytes: Uint8Array;
} {
  if (kind === 'json') return { type, bytes: Buffer.from(JSON.stringify(value)) };
  if (kind === 'form') {
    const all = Object.entries(isMembers(value) ? value : {}).flatMap(([name, each]) =>
      formPairs(name, each, encoding[name]),
    );
    return { type, bytes: Buffer.from(all.join('&')) };
  }
  if (kind === 'multipart') {
    const all = Object.entries(isMembers(value) ? value : {}).flatMap(([name, each]) =>
      formParts(name, each, encoding[name]),
    );
    const whole = all.map((part) => `--qq77\r\n${part}\r\n`).join('');
    return { type: `${type}; boundary=qq77`, bytes: Buffer.from(`${whole}--qq77--\r\n`) };
  }
  return { type, bytes: Buffer.from(text(value)) };
}

function formPairs(name: string, value: unknown, encoding: unknown): string[] {
  const own = isMembers(encoding) ? encoding : {};
  const styled = ['style', 'explode', 'allowReserved'].some((key) => own[key] !== undefined);
  if (styled || Array.isArray(value)) return pairs(name, value, styleOf(own, 'form'));
  return [`${encode(name)}=${encode(text(value))}`];
}

function formParts(name: string, value: unknown, encoding: unknown): string[] {
  if (Array.isArray(value)) return listOf(value).flatMap((item) => formParts(name, item, encoding));
  const own = isMembers(encoding) ? encoding['contentType'] : undefined;
  const [first] = typeof own === 'string' ? own.split(',') : [];
  const declared = first?.trim().replace('*/*', 'application/octet-stream').replace('/*', '/png');
  const type = declared ?? (typeof value === 'object' ? 'application/json' : undefined);
  const quoted = name.replaceAll('"', '%22');
  const head = `Content-Disposition: form-data; name="${quoted}"${type === undefined ? '' : `\r\nContent-Type: ${type}`}`;
  const written = type !== undefined && /json/.test(type) ? JSON.stringify(value) : text(value);
  return [`${head}\r\n\r\n${written}`];
}
