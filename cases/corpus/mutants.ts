import type { Reason } from '@flick/contract';
import { holds, typesOf } from './holds.ts';
import { deref, type Dialect, isMembers, listOf, type Members, Unsampled } from './raw.ts';
import { type Argument, type Draft, write, type Written } from './request.ts';

/** A good request made wrong in one way. */
export interface Mutant {
  readonly name: string;
  readonly reason: Reason;
  /** What the refusal must name; `undefined` where the whole request is at fault. */
  readonly names: string | undefined;
  readonly request: Written;
  readonly about: string;
}

/** Makes a good request wrong in each way that its operation rules out, one at a time. */
export function* mutantsOf(good: Draft, dialect: Dialect): Generator<Mutant> {
  yield* ofArguments(good, dialect);
  yield* ofQuery(good, dialect);
  yield* ofBody(good, dialect);
}

function spreads({ parameter, schema, media }: Argument, dialect: Dialect): boolean {
  const object = deref(schema, dialect);
  const { style = 'form', explode = style === 'form' || style === 'cookie' } = parameter;
  return (
    media === undefined && (style === 'form' || style === 'cookie') && explode === true && !isPlain(object, dialect)
  );
}

/** Whether a schema has exactly one type and it is a scalar's, so that other text is wrong for sure. */
function isPlain(schema: unknown, dialect: Dialect): boolean {
  const types = plainTypes(schema, dialect);
  return types !== undefined && types.every((type) => type !== 'object' && type !== 'array');
}

function plainTypes(schema: unknown, dialect: Dialect): string[] | undefined {
  const found = deref(schema, dialect);
  return isMembers(found) ? typesOf(found) : undefined;
}

function* ofArguments(good: Draft, dialect: Dialect): Generator<Mutant> {
  for (const argument of good.arguments) {
    const { where, name, required, schema, media, value } = argument;
    const about = `${where} ${name}`;
    const others = good.arguments.filter((each) => each !== argument);
    const key = good.credentials.some((each) => each.name.toLowerCase() === name.toLowerCase());
    if (key) continue;
    const names = name;
    if (required && where !== 'path' && !spreads(argument, dialect)) {
      yield {
        name: 'dropped parameter',
        reason: 'missing-parameter',
        names,
        about,
        request: write({ ...good, arguments: others }),
      };
    }
    if (media !== undefined || typeof value === 'object') continue;
    const wrong = (mutation: string, other: unknown): Mutant | undefined => {
      if (
        mutation !== 'out of enum' &&
        mutation !== 'too long' &&
        plainTypes(schema, dialect)?.includes('string') !== false
      )
        return undefined;
      if (holds(schema, other, dialect) || holds(schema, String(other), dialect)) return undefined;
      const changed = good.arguments.map((each) => (each === argument ? { ...each, value: other } : each));
      return { name: mutation, reason: 'wrong-value', names, about, request: write({ ...good, arguments: changed }) };
    };
    const found = deref(schema, dialect);
    const plain = isMembers(found) ? found : {};
    if (!isPlain(schema, dialect)) continue;
    const mutants = [
      wrong('wrong type', 'n0t-of-it'),
      Array.isArray(plain['enum']) ? wrong('out of enum', 'q-none-of-these') : undefined,
      typeof plain['minimum'] === 'number' ? wrong('below minimum', plain['minimum'] - 1) : undefined,
      typeof plain['maximum'] === 'number' ? wrong('above maximum', plain['maximum'] + 1) : undefined,
      typeof plain['maxLength'] === 'number' && plain['maxLength'] < 5000
        ? wrong('too long', 'x'.repeat(plain['maxLength'] + 1))
        : undefined,
    ];
    for (const mutant of mutants) if (mutant !== undefined) yield mutant;
  }
}

function* ofQuery(good: Draft, dialect: Dialect): Generator<Mutant> {
  const request = write(good);
  const open = good.operation.parameters.some((parameter) => {
    const { in: where, schema } = parameter;
    return (
      where === 'querystring' ||
      (where === 'query' && !isPlain(schema, dialect) && plainTypes(schema, dialect)?.includes('array') !== true)
    );
  });
  if (!open) {
    const target = `${request.target}${request.target.includes('?') ? '&' : '?'}qx-unheard-of=1`;
    yield {
      name: 'undeclared parameter',
      reason: 'unknown-parameter',
      names: 'qx-unheard-of',
      about: '',
      request: { ...request, target },
    };
  }
  yield {
    name: 'undeclared method',
    reason: 'unknown-method',
    names: undefined,
    about: '',
    request: { ...request, method: 'BREW' },
  };
}

function* ofBody(good: Draft, dialect: Dialect): Generator<Mutant> {
  const { body } = good;
  const content = isMembers(good.operation.body?.['content']) ? good.operation.body['content'] : {};
  if (body === undefined) {
    if (good.operation.body !== undefined) return;
    const request = write(good);
    const headers = [...withLength(request.headers, 2), 'Content-Type', 'application/json'];
    yield {
      name: 'undeclared body',
      reason: 'unexpected-body',
      names: undefined,
      about: '',
      request: { ...request, headers, body: Buffer.from('{}') },
    };
    return;
  }
  if (good.operation.body?.['required'] === true) {
    yield {
      name: 'dropped body',
      reason: 'missing-body',
      names: undefined,
      about: '',
      request: write({ ...good, body: undefined }),
    };
  }
  const request = write(good);
  const typed = (type: string): Written => ({
    ...request,
    headers: request.headers.map((each, at) => (request.headers[at - 1] === 'Content-Type' ? type : each)),
  });
  if (!Object.keys(content).some((type) => type.startsWith('*/') || type.startsWith('chemical/'))) {
    yield {
      name: 'another media type',
      reason: 'unsupported-media-type',
      names: 'Content-Type',
      about: '',
      request: typed('chemical/x-pdb'),
    };
  }
  if (body.kind !== 'json') return;
  const withBytes = (text: string): Written => {
    const bytes = Buffer.from(text);
    const headers = request.headers.map((each, at) =>
      request.headers[at - 1] === 'Content-Length' ? String(bytes.length) : each,
    );
    return { ...request, headers, body: bytes };
  };
  const whole = new TextDecoder().decode(request.body);
  yield {
    name: 'malformed JSON',
    reason: 'malformed-body',
    names: undefined,
    about: '',
    request: withBytes(`${whole},`),
  };
  if (!isMembers(body.value)) return;
  for (const [name, value] of Object.entries(body.value)) {
    const { [name]: _, ...without } = body.value;
    const ruled = (changed: Members): boolean => {
      try {
        return !holds(body.schema, changed, dialect);
      } catch (error) {
        if (error instanceof Unsampled) return false;
        throw error;
      }
    };
    const { required, properties } = flat(body.schema, dialect);
    if (required.has(name) && ruled(without)) {
      yield {
        name: 'dropped member',
        reason: 'missing-parameter',
        names: name,
        about: name,
        request: withBytes(JSON.stringify(without)),
      };
    }
    const types = plainTypes(properties.get(name), dialect);
    if (types === undefined || value === null) continue;
    const other = types.includes('object') ? 'text' : { un: 'wanted' };
    const changed = { ...body.value, [name]: other };
    if (ruled(changed)) {
      yield {
        name: 'wrong type of member',
        reason: 'wrong-value',
        names: name,
        about: name,
        request: withBytes(JSON.stringify(changed)),
      };
    }
  }
}

function withLength(headers: readonly string[], length: number): string[] {
  return headers.map((each, at) => (headers[at - 1] === 'Content-Length' ? String(length) : each));
}

/** The members that a schema itself names, without branches: there, what is missing can be told for sure. */
function flat(schema: unknown, dialect: Dialect): { required: Set<string>; properties: Map<string, unknown> } {
  const found = deref(schema, dialect);
  const required = new Set<string>();
  const properties = new Map<string, unknown>();
  if (!isMembers(found) || found['oneOf'] !== undefined || found['anyOf'] !== undefined || found['allOf'] !== undefined)
    return { required, properties };
  for (const name of listOf(found['required'])) required.add(String(name));
  for (const [name, each] of Object.entries(isMembers(found['properties']) ? found['properties'] : {}))
    properties.set(name, each);
  return { required, properties };
}
