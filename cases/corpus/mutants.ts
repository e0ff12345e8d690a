import type { Reason } from '@flick/contract';
import { holds, typesOf } from './holds.ts';
import { type Medium, type Mutation, mutationsOf, type Spoiling, type ValueKind } from './mutations.ts';
import { deref, type Dialect, isMembers } from './raw.ts';
import {
  type Argument,
  type BodyArgument,
  carries,
  type Draft,
  holdsNothing,
  isForm,
  write,
  type Written,
} from './request.ts';

/** What a whole request can have wrong, besides the values in it. */
export const requestKinds = [
  'a parameter dropped',
  'a parameter undeclared',
  'a method undeclared',
  'a body undeclared',
  'a body dropped',
  'another media type',
  'malformed JSON',
] as const;

/** What is spoiled of a request. */
export const targets = ['path', 'query', 'header', 'cookie', 'json', 'form', 'multipart', 'text', 'request'] as const;

export type Target = (typeof targets)[number];

/** Where a refusal must say that the fault is. */
interface Spot {
  readonly in: string;
  readonly name?: string;
  /** A JSON pointer into the value; any will do where it is absent. */
  readonly pointer?: string;
  /** Where the branches are that the place is in one of: what is told may be of another one, for its reason. */
  readonly branches?: string | undefined;
}

/** A good request made wrong in one way. */
export interface Mutant {
  readonly kind: ValueKind | (typeof requestKinds)[number];
  readonly target: Target;
  readonly reason: Reason;
  /** `undefined` where the whole request is at fault. */
  readonly spot: Spot | undefined;
  readonly request: Written;
  readonly about: string;
}

/** How many mutants are made: so many of one kind for each parameter and body, picked by a number made of this text. */
export interface Picking {
  readonly limit: number;
  readonly text: string;
}

/** Makes a good request wrong in each way that its operation rules out, one at a time. */
export function* mutantsOf(good: Draft, dialect: Dialect, picking: Picking): Generator<Mutant> {
  yield* ofArguments(good, dialect, picking);
  yield* ofQuery(good, dialect);
  yield* ofBody(good, dialect, picking);
}

/** Whether a refusal tells of a fault at a spot, for the reason that is due. */
export function tells(
  { in: where, name, pointer, reason }: { in: string; name?: string; pointer?: string; reason: string },
  { spot, reason: due }: Mutant,
): boolean {
  if (spot === undefined) return reason === due;
  if (where !== spot.in || (spot.name !== undefined && !isShown(name ?? '', spot.name, 64))) return false;
  if (spot.branches !== undefined) return isAlong(pointer ?? '', spot.branches);
  return reason === due && (spot.pointer === undefined || isShown(pointer ?? '', spot.pointer, 256));
}

/** Whether a text is another as it is shown: cut off where it is long, with what cannot be shown escaped. */
function isShown(text: string, whole: string, length: number): boolean {
  if (whole.length > length) return text.startsWith(whole.slice(0, length));
  return text === whole || (/[^ -~]/.test(whole) && text.startsWith(whole.slice(0, whole.search(/[^ -~]/))));
}

function isAlong(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`) || one.length >= 256;
}

/** A number from a text, the same one for the same text (FNV-1a). */
function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function spreads({ parameter, schema, media, where }: Argument, dialect: Dialect): boolean {
  if (where !== 'query' && where !== 'cookie') return false;
  const object = deref(schema, dialect);
  const { style = 'form', explode = style === 'form' || style === 'cookie' } = parameter;
  return (
    media === undefined && (style === 'form' || style === 'cookie') && explode === true && !isPlain(object, dialect)
  );
}

/** Whether a schema has types and all are scalars', so that other text is wrong for sure. */
function isPlain(schema: unknown, dialect: Dialect): boolean {
  const types = plainTypes(schema, dialect);
  return types !== undefined && types.every((type) => type !== 'object' && type !== 'array');
}

function plainTypes(schema: unknown, dialect: Dialect): string[] | undefined {
  const found = deref(schema, dialect);
  return isMembers(found) ? typesOf(found) : undefined;
}

function* ofArguments(good: Draft, dialect: Dialect, { limit, text }: Picking): Generator<Mutant> {
  for (const argument of good.arguments) {
    const { name, required, schema, value } = argument;
    const where = placeOf(argument);
    const target = targets.find((each) => each === where);
    const about = `${where} ${name}`;
    const others = good.arguments.filter((each) => each !== argument);
    const key = good.credentials.some((each) => each.name.toLowerCase() === name.toLowerCase());
    if (key || target === undefined) continue;
    if (required && where !== 'path' && !spreads(argument, dialect)) {
      const request = write({ ...good, arguments: others });
      const spot = { in: where, name };
      yield { kind: 'a parameter dropped', target, reason: 'missing-parameter', spot, about, request };
    }
    const isSpread = (isWholeForm(argument) || spreads(argument, dialect)) && isMembers(value);
    const seed = numberOf(`${text} ${about}`);
    const spoiling: Spoiling = {
      dialect,
      medium: mediumOf(argument),
      limit,
      seed,
      carries: (other) => isSayable(argument, other),
    };
    for (const mutation of mutationsOf(schema, value, spoiling)) {
      // An object whose members travel under their own names has no name that other text could come under, and a
      // stranger of its own only where no other parameter gathers strangers and the place refuses them.
      if (isSpread && (mutation.steps.length === 0 || !isOwnMember(argument, mutation, good, dialect))) continue;
      const changed = good.arguments.map((each) => (each === argument ? { ...each, value: mutation.value } : each));
      const spot = isSpread ? memberSpot(where, mutation) : spotOf({ in: where, name }, mutation);
      const inValue = mutation.reason === 'missing-parameter' && !(isSpread && mutation.steps.length === 1);
      const reason = inValue ? 'wrong-value' : mutation.reason;
      const request = write({ ...good, arguments: changed });
      yield { kind: mutation.kind, target, reason, spot, about: `${about} ${pointerOf(mutation.steps)}`, request };
    }
  }
}

/** Where a refusal says that a parameter is: one that is the whole query is in the query. */
function placeOf({ where }: Argument): string {
  return where === 'querystring' ? 'query' : where;
}

/** Whether the members of a parameter are the whole query (OpenAPI 3.2). */
function isWholeForm({ where, media = '' }: Argument): boolean {
  return where === 'querystring' && isForm(media);
}

function mediumOf(argument: Argument): Medium {
  if (isWholeForm(argument)) return 'form';
  return /json/.test(argument.media ?? '') ? 'json' : 'text';
}

function isOwnMember(argument: Argument, { steps, reason }: Mutation, good: Draft, dialect: Dialect): boolean {
  const { where } = argument;
  const [first = ''] = steps;
  if (isWholeForm(argument)) return true;
  if (reason === 'unknown-parameter' && steps.length === 1 && where === 'cookie') return false;
  const claims = good.operation.parameters.filter((each) => {
    const { schema, style, explode, in: place, name } = each;
    const other = { parameter: each, where: String(place), name: String(name), required: false, schema, value: 0 };
    if (style !== undefined && style !== 'form' && style !== 'cookie') return name === first;
    return place === where && (name === first || (explode !== false && spreads(other, dialect)));
  });
  return claims.length === 1;
}

function spotOf(spot: Spot, { steps, branches }: Mutation): Spot {
  return { ...spot, pointer: pointerOf(steps), branches: branches && pointerOf(branches) };
}

/** A member that travels under its own name is a parameter. */
function memberSpot(where: string, { steps: [name = '', ...rest], branches }: Mutation): Spot {
  return branches === undefined ? { in: where, name, pointer: pointerOf(rest) } : { in: where, branches: '' };
}

/** Whether a value can be said in the place of a parameter. */
function isSayable(argument: Argument, value: unknown): boolean {
  const { where, media, parameter } = argument;
  if (isWholeForm(argument)) return isMembers(value) && !holdsNothing(value);
  if (media !== undefined && /json/.test(media)) return where !== 'path' || !/[/\\]/.test(JSON.stringify(value));
  if (value === '' && where === 'query') return parameter['allowEmptyValue'] !== true;
  return carries(value, where);
}

function* ofQuery(good: Draft, dialect: Dialect): Generator<Mutant> {
  const request = write(good);
  const target = 'request';
  const open = good.operation.parameters.some((parameter) => {
    const { in: where, schema } = parameter;
    return (
      where === 'querystring' ||
      (where === 'query' && !isPlain(schema, dialect) && plainTypes(schema, dialect)?.includes('array') !== true)
    );
  });
  if (!open) {
    const line = `${request.target}${request.target.includes('?') ? '&' : '?'}qx-unheard-of=1`;
    const spot = { in: 'query', name: 'qx-unheard-of' };
    const changed = { ...request, target: line };
    yield { kind: 'a parameter undeclared', target, reason: 'unknown-parameter', spot, about: '', request: changed };
  }
  const changed = { ...request, method: 'BREW' };
  yield { kind: 'a method undeclared', target, reason: 'unknown-method', spot: undefined, about: '', request: changed };
}

function* ofBody(good: Draft, dialect: Dialect, picking: Picking): Generator<Mutant> {
  const { body } = good;
  const content = isMembers(good.operation.body?.['content']) ? good.operation.body['content'] : {};
  const request = write(good);
  const whole = { target: 'request', about: '' } as const;
  if (body === undefined) {
    if (good.operation.body !== undefined) return;
    const headers = [...withLength(request.headers, 2), 'Content-Type', 'application/json'];
    const spoilt = { ...request, headers, body: Buffer.from('{}') };
    yield { ...whole, kind: 'a body undeclared', reason: 'unexpected-body', spot: { in: 'body' }, request: spoilt };
    return;
  }
  if (good.operation.body?.['required'] === true) {
    const spoilt = write({ ...good, body: undefined });
    yield { ...whole, kind: 'a body dropped', reason: 'missing-body', spot: { in: 'body' }, request: spoilt };
  }
  if (!Object.keys(content).some((type) => type.startsWith('*/') || type.startsWith('chemical/'))) {
    const headers = request.headers.map((each, at) =>
      request.headers[at - 1] === 'Content-Type' ? 'chemical/x-pdb' : each,
    );
    const spot = { in: 'header', name: 'Content-Type' };
    const spoilt = { ...request, headers };
    yield { ...whole, kind: 'another media type', reason: 'unsupported-media-type', spot, request: spoilt };
  }
  const { kind } = body;
  if (kind === 'opaque') return;
  if (kind === 'json') {
    const text = `${new TextDecoder().decode(request.body)},`;
    const headers = withLength(request.headers, Buffer.byteLength(text));
    const spoilt = { ...request, headers, body: Buffer.from(text) };
    yield { ...whole, kind: 'malformed JSON', reason: 'malformed-body', spot: { in: 'body' }, request: spoilt };
  }
  yield* ofBodyValue(good, body, kind, dialect, picking);
}

function* ofBodyValue(
  good: Draft,
  body: BodyArgument,
  target: 'json' | 'form' | 'multipart' | 'text',
  dialect: Dialect,
  { limit, text }: Picking,
): Generator<Mutant> {
  // Text whose schema takes none passes unread.
  if (target === 'text' && !holdsText(body.schema, dialect)) return;
  const medium = target === 'multipart' ? 'parts' : target;
  const seed = numberOf(`${text} ${body.type}`);
  const isTold = (value: unknown): boolean =>
    target === 'json' ||
    (target === 'text' ? typeof value !== 'object' && value !== '' : isMembers(value) && !holdsNothing(value));
  for (const mutation of mutationsOf(body.schema, body.value, { dialect, medium, limit, seed, carries: isTold })) {
    const { kind, reason, value, steps } = mutation;
    const spot = spotOf({ in: 'body' }, mutation);
    const request = write({ ...good, body: { ...body, value } });
    yield { kind, target, reason, spot, about: `${body.type} ${pointerOf(steps)}`, request };
  }
}

function holdsText(schema: unknown, dialect: Dialect): boolean {
  const types = plainTypes(schema, dialect);
  return types === undefined ? isMembers(schema) && holds(schema, 'text', dialect) : types.includes('string');
}

function withLength(headers: readonly string[], length: number): string[] {
  return headers.map((each, at) => (headers[at - 1] === 'Content-Length' ? String(length) : each));
}
