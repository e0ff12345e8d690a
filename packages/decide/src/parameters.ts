import type { Operation, Parameter, SchemaFault, Shape } from '@flick/contract';
import type { Fields } from './fields.ts';
import { readForm } from './form-body.ts';
import {
  type Arrived,
  indexSlots,
  readSlot,
  type NamedText,
  type Slot,
  type SlotIndex,
  sortPairs,
  splitPairs,
} from './named-text.ts';
import { dueNames, showName } from './nearest-name.ts';
import {
  type Decode,
  decodeCookie,
  decodeHeader,
  decodePath,
  decodePlainCookie,
  decodeQuery,
  decodeReserved,
  readWhole,
  repeated,
  percentDecode,
  splitPair,
} from './parameter-text.ts';
import { MAX_VIOLATIONS, reasonOf, sizeOf } from './schema-violations.ts';
import { members, readInnerJson, settle, structuresOf, type TextTree } from './text-reading.ts';
import type { Violation } from './verdict.ts';

/** Values by parameter name, without a prototype. */
type ParameterValues = Readonly<Record<string, unknown>>;

/** What the parameters of a request say, and all that is wrong with them. */
export interface ParameterReading {
  /** Empty where all is well; at most 50. */
  readonly violations: readonly Violation[];
  /** What passed, read by type. An optional parameter that did not come is not there. */
  readonly values: {
    readonly path: ParameterValues;
    readonly query: ParameterValues;
    readonly header: ParameterValues;
    readonly cookie: ParameterValues;
  };
}

/** Where parameters travel. */
export interface ParameterSource {
  /** By template name: the text that stands in its place, percent-encoded as it came. */
  readonly pathValues: ReadonlyMap<string, string>;
  /** As it came, without the `?`. */
  readonly query: string;
  readonly headers: Fields;
}

/**
 * Reads every parameter of a request and judges it: all faults, not the first alone. Never throws for what arrived.
 *
 * Unknown query parameters are violations where the operation's switches say so; unknown headers and cookies never are.
 */
export function readParameters(operation: Operation, source: ParameterSource): ParameterReading {
  let plan = plans.get(operation);
  if (plan === undefined) {
    plan = planOf(operation);
    plans.set(operation, plan);
  }
  if (plan.none && source.query === '') return nothing;
  const reading = new Reading();
  for (const one of plan.path) readOne(reading, one, source.pathValues.get(one.parameter.name));
  if (source.query !== '' || plan.query.length > 0 || plan.querystring !== undefined) {
    readQuery(reading, operation, plan, source.query);
  }
  for (const one of plan.header) readOne(reading, one, source.headers.get(one.lowerName));
  if (plan.cookie.length > 0) readCookies(reading, plan, source.headers.get('cookie') ?? '');
  return reading;
}

const plans = new WeakMap<Operation, Plan>();
const empty: ParameterValues = Object.freeze(Object.create(null));
const nothing: ParameterReading = {
  violations: [],
  values: { path: empty, query: empty, header: empty, cookie: empty },
};

/** How an operation's parameters are found, worked out once. */
interface Plan {
  readonly none: boolean;
  readonly path: readonly Planned[];
  readonly header: readonly Planned[];
  readonly cookie: readonly Planned[];
  readonly cookieIndex: SlotIndex;
  readonly query: readonly Planned[];
  readonly queryIndex: SlotIndex;
  readonly querystring: Parameter | undefined;
  /** Names of the query that are API keys. */
  readonly keys: ReadonlySet<string>;
  /** The names that a caller may use in the query. */
  readonly names: readonly string[];
}

interface Planned {
  readonly parameter: Parameter;
  readonly lowerName: string;
  readonly slot: Slot;
}

function planOf(operation: Operation): Plan {
  const planned = operation.parameters.map((parameter) => ({
    parameter,
    lowerName: parameter.name.toLowerCase(),
    slot: slotOf(parameter, operation),
  }));
  const inPlace = (place: Parameter['in']): Planned[] => planned.filter(({ parameter }) => parameter.in === place);
  const query = inPlace('query');
  const cookie = inPlace('cookie');
  const keys = operation.security
    .flat()
    .filter(({ scheme }) => scheme.type === 'apiKey' && scheme.in === 'query')
    .flatMap(({ scheme }) => scheme.parameter ?? []);
  return {
    none: planned.length === 0,
    path: inPlace('path'),
    header: inPlace('header'),
    cookie,
    cookieIndex: indexSlots(cookie.map(({ slot }) => slot)),
    query,
    queryIndex: indexSlots(query.map(({ slot }) => slot)),
    querystring: inPlace('querystring')[0]?.parameter,
    keys: new Set(keys),
    names: query.flatMap(({ slot }) => (slot.spread ? Array.from(slot.shape.properties?.keys() ?? []) : slot.name)),
  };
}

const oneText: Shape = { types: new Set(['string']), open: false, binary: false };

function slotOf(parameter: Parameter, operation: Operation): Slot {
  const { name, style, explode, shape, media } = parameter;
  const decode = decoderOf(parameter);
  if (media !== undefined) {
    return { name, style: 'form', explode: true, shape: oneText, decode, brackets: false, spread: false, rest: false };
  }
  const { list, members: object } = structuresOf(shape);
  const query = parameter.in === 'query';
  const spread = object && explode && (style === 'form' || style === 'cookie') && (query || parameter.in === 'cookie');
  // Where unknown members are refused, an object that is merely silent of them does not gather unknown parameters.
  const open = shape.additional !== undefined || (shape.open && operation.switches.unknownMembers !== 'refuse');
  return {
    name,
    style,
    explode,
    shape,
    decode,
    brackets: query && style === 'deepObject' && (object || list || shape.types.size === 0),
    spread,
    rest: spread && query && open,
  };
}

function decoderOf(parameter: Parameter): Decode {
  const decode = textDecoderOf(parameter);
  const kind = parameter.media?.kind;
  if (kind === 'json') return (raw) => readInnerJson(decode(raw));
  return decode;
}

function textDecoderOf(parameter: Parameter): Decode {
  if (parameter.in === 'path') return decodePath;
  if (parameter.in === 'header') return decodeHeader;
  if (parameter.in === 'cookie') return parameter.style === 'cookie' ? decodePlainCookie : decodeCookie;
  return parameter.allowReserved ? decodeReserved : decodeQuery;
}

/** A reading in the making. */
class Reading implements ParameterReading {
  readonly violations: Violation[] = [];
  readonly values: Record<'path' | 'query' | 'header' | 'cookie', ParameterValues> = {
    path: empty,
    query: empty,
    header: empty,
    cookie: empty,
  };

  refuse(violation: Violation): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(violation);
  }

  keep(parameter: Parameter, value: unknown): void {
    const place = placeOf(parameter);
    // Most requests have parameters in one place or two.
    const values: Record<string, unknown> = this.values[place] === empty ? Object.create(null) : this.values[place];
    values[parameter.name] = value;
    this.values[place] = values;
  }

  /** Judges one parameter's text and keeps its value, or what is wrong with it. */
  settle(parameter: Parameter, tree: TextTree, spread: boolean): void {
    const { value, faults } = settle(tree, parameter.shape, parameter.check);
    if (faults === undefined) this.keep(parameter, value);
    else for (const fault of faults) this.refuse(violationOf(parameter, fault, spread));
  }
}

function placeOf(parameter: Parameter): 'path' | 'query' | 'header' | 'cookie' {
  return parameter.in === 'querystring' ? 'query' : parameter.in;
}

function violationOf(parameter: Parameter, fault: SchemaFault, spread: boolean): Violation {
  const place = placeOf(parameter);
  const { due, arrived } = fault;
  if (!spread || fault.pointer === '') {
    const reason = reasonOf(fault.keyword, false);
    const { name } = parameter;
    return fault.pointer === ''
      ? { in: place, name, reason, due, arrived }
      : { in: place, name, pointer: fault.pointer, reason, due, arrived };
  }
  // A member that travels under its own name is a parameter to the caller.
  const [, first = '', ...rest] = fault.pointer.split('/');
  const name = showName(first.replaceAll('~1', '/').replaceAll('~0', '~'));
  const reason = reasonOf(fault.keyword, rest.length === 0);
  return rest.length === 0
    ? { in: place, name, reason, due, arrived }
    : { in: place, name, pointer: `/${rest.join('/')}`, reason, due, arrived };
}

/** A parameter of the path or the header section. */
function readOne(reading: Reading, { parameter, slot }: Planned, raw: string | undefined): void {
  if (raw === undefined) {
    if (parameter.required) reading.refuse(missing(parameter));
    return;
  }
  const text = parameter.in === 'header' ? raw.trim() : raw;
  const tree = parameter.media === undefined ? readWhole(slot, text) : slot.decode(text);
  if (tree === undefined) reading.refuse(undecodable(parameter, text));
  else reading.settle(parameter, tree, false);
}

function missing(parameter: Parameter): Violation {
  return {
    in: placeOf(parameter),
    name: parameter.name,
    reason: 'missing-parameter',
    due: kindOf(parameter.shape),
    arrived: 'nothing',
  };
}

/** What was due where the text could not even be taken apart. */
function undecodable(parameter: Parameter, text: string): Violation {
  const due =
    parameter.media?.kind === 'json'
      ? 'well-formed JSON'
      : parameter.style === 'matrix'
        ? `\`;${parameter.name}=\` and the value, percent-encoded UTF-8`
        : parameter.style === 'label'
          ? 'a dot and the value, percent-encoded UTF-8'
          : 'percent-encoded UTF-8';
  return { in: placeOf(parameter), name: parameter.name, reason: 'wrong-value', due, arrived: sizeOf(text) };
}

const kinds: readonly (readonly [type: string, words: string])[] = [
  ['integer', 'an integer'],
  ['number', 'a number'],
  ['boolean', 'a boolean'],
  ['string', 'a string'],
  ['array', 'an array'],
  ['object', 'an object'],
  ['null', 'null'],
];

/** The types of a shape in words. */
function kindOf(shape: Shape): string {
  const types: ReadonlySet<string> = shape.types;
  const words = kinds
    .filter(([type]) => types.has(type) && !(type === 'integer' && types.has('number')))
    .map(([, word]) => word);
  return words.length === 0 ? 'a value' : words.join(' or ');
}

function readQuery(reading: Reading, operation: Operation, plan: Plan, query: string): void {
  if (plan.querystring !== undefined) {
    readQuerystring(reading, plan.querystring, plan, query);
    return;
  }
  const { arrived, strangers } = sortPairs(plan.queryIndex, splitPairs(query), plan.keys);
  plan.query.forEach((planned, at) => readArrived(reading, planned, arrived[at]));
  if (operation.switches.unknownQuery === 'pass') return;
  // To find the name that was meant takes time, which those beyond the bound would take for nothing.
  for (const { name, raw } of strangers.slice(0, MAX_VIOLATIONS)) {
    reading.refuse({
      in: 'query',
      name: showName(name),
      reason: 'unknown-parameter',
      due: dueNames(name, plan.names),
      arrived: sizeOf(raw),
    });
  }
}

function readArrived(reading: Reading, { parameter, slot }: Planned, arrived: Arrived | undefined): void {
  if (arrived === undefined) {
    if (!parameter.required) return;
    // An object without members travels as nothing at all, where its members have names of their own.
    if (slot.spread) reading.settle(parameter, members(new Map()), true);
    else reading.refuse(missing(parameter));
    return;
  }
  const { named } = arrived;
  if (parameter.allowEmptyValue && named.length === 1 && named[0] === '' && arrived.bracketed === undefined) {
    reading.keep(parameter, '');
    return;
  }
  const tree = readSlot(slot, arrived);
  if (tree === repeated) {
    reading.refuse({
      in: placeOf(parameter),
      name: parameter.name,
      reason: 'wrong-value',
      due: 'once',
      arrived: `${named.length} times`,
    });
  } else if (tree === undefined) {
    reading.refuse(undecodable(parameter, named.join('')));
  } else {
    reading.settle(parameter, tree, slot.spread && named.length === 0);
  }
}

/** OpenAPI 3.2: the whole query is one value, in a media type. */
function readQuerystring(reading: Reading, parameter: Parameter, plan: Plan, query: string): void {
  const own = plan.keys.size === 0 ? query : withoutKeys(query, plan.keys);
  if (own === '') {
    if (parameter.required) reading.refuse(missing(parameter));
    return;
  }
  const { media } = parameter;
  if (media?.kind !== 'form') {
    const tree = decoderOf(parameter)(own);
    if (tree === undefined) reading.refuse(undecodable(parameter, own));
    else reading.settle(parameter, tree, false);
    return;
  }
  const form = readForm(media, parameter.shape, own);
  if ('tree' in form) reading.settle(parameter, form.tree, true);
  else {
    const { due, arrived } = form.fault;
    reading.refuse({ in: 'query', name: form.fault.name ?? parameter.name, reason: 'wrong-value', due, arrived });
  }
}

function withoutKeys(query: string, keys: ReadonlySet<string>): string {
  return query
    .split('&')
    .filter((pair) => splitPairs(pair).every(({ name }) => !keys.has(name)))
    .join('&');
}

function readCookies(reading: Reading, plan: Plan, text: string): void {
  const { arrived } = sortPairs(plan.cookieIndex, splitCookies(text, plan), noKeys);
  plan.cookie.forEach((planned, at) => {
    const found = arrived[at];
    // Browsers send cookies of several paths under one name, the closest first: never the caller's fault.
    const single = found !== undefined && !structuresOf(planned.slot.shape).list;
    readArrived(reading, planned, single ? { ...found, named: found.named.slice(0, 1) } : found);
  });
}

const noKeys: ReadonlySet<string> = new Set();

/** The pairs of a Cookie field; exploded `form` values put several between `&` into one. */
function splitCookies(text: string, plan: Plan): NamedText[] {
  const pairs: NamedText[] = [];
  for (const cookie of text.split(';')) {
    const trimmed = cookie.trim();
    if (trimmed === '') continue;
    const [name] = splitPair(trimmed);
    const parts = isExploded(plan, name) ? trimmed.split('&') : [trimmed];
    for (const part of parts) {
      const [rawName, raw] = splitPair(part);
      pairs.push({ name: percentDecode(rawName.trim()) ?? rawName, raw: raw.trim() });
    }
  }
  return pairs;
}

function isExploded({ cookieIndex }: Plan, name: string): boolean {
  if (cookieIndex.byMember.has(name)) return true;
  const slot = cookieIndex.slots[cookieIndex.byName.get(name) ?? -1];
  return slot !== undefined && slot.explode && slot.style === 'form' && structuresOf(slot.shape).list;
}
