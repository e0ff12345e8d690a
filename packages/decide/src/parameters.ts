import type { Parameter, SchemaFault, Shape } from '@flick/contract';
import { showName, showPointer, sizeOf } from './fault-words.ts';
import type { Fields } from './fields.ts';
import { readForm } from './form-body.ts';
import { unescapeStep } from './json-pointer.ts';
import { type Arrived, readSlot, Sorting } from './named-text.ts';
import { decoderOf, type ParameterPlan, type Planned } from './parameter-plan.ts';
import { decodeWord, percentDecode, readWhole, repeated, splitPair } from './parameter-text.ts';
import { MAX_VIOLATIONS, reasonOf } from './schema-violations.ts';
import { type Joints, shareOut } from './segment-parts.ts';
import { members, readSole, settle, type SoleType, structuresOf, type TextTree } from './text-reading.ts';
import type { Violation } from './verdict.ts';

/** Where parameters travel. */
export interface ParameterSource {
  /** The names of the path's parameters, and what stands in their places, percent-encoded as it came. */
  readonly pathNames: readonly string[];
  readonly pathValues: readonly string[];
  /** Present where the schemas have a say in which parameter has which part of a segment. */
  readonly pathJoints?: Joints | undefined;
  /** As it came, without the `?`. */
  readonly query: string;
  readonly fields: Fields;
}

/**
 * Is given each value that came, read by type. One that the check refuses is given in its first reading: under observe,
 * the request goes on with it.
 */
export interface KeepValues {
  readonly keep: (parameter: Parameter, value: unknown) => void;
}

/**
 * Reads every parameter of a request and judges it: all faults, not the first alone. Never throws for what arrived.
 *
 * Unknown query parameters are violations where the operation's switches say so; unknown headers and cookies never are.
 *
 * @returns empty where all is well; at most 50
 */
export function readParameters(plan: ParameterPlan, source: ParameterSource, kept?: KeepValues): readonly Violation[] {
  if (plan.none && source.query === '') return noViolations;
  const reading = new Reading(kept);
  const { pathNames, pathJoints } = source;
  const pathValues = pathJoints === undefined ? source.pathValues : partsOf(plan, source, pathJoints);
  for (const one of plan.path) readOne(reading, one, pathValues[pathNames.lastIndexOf(one.parameter.name)]);
  if (source.query !== '' || plan.query.length > 0 || plan.querystring !== undefined) {
    readQuery(reading, plan, source.query);
  }
  for (const one of plan.header) readOne(reading, one, source.fields.get(one.lowerName));
  if (plan.cookie.length > 0) readCookies(reading, plan, source.fields.get('cookie') ?? '');
  return reading.violations;
}

const noViolations: readonly Violation[] = [];

/** To find the name that was meant takes time; so many are guessed at in one request. */
const GUESSED = 4;

/** A reading in the making. */
class Reading {
  readonly violations: Violation[] = [];
  readonly #kept: KeepValues | undefined;

  constructor(kept: KeepValues | undefined) {
    this.#kept = kept;
  }

  refuse(violation: Violation): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(violation);
  }

  keep(parameter: Parameter, value: unknown): void {
    this.#kept?.keep(parameter, value);
  }

  /** Judges one parameter's text, once it is taken apart. */
  settle(parameter: Parameter, tree: TextTree, spread: boolean): void {
    const { value, faults } = settle(tree, parameter.shape, parameter.check);
    this.#conclude(parameter, value, faults, spread);
  }

  /** As `settle`, of a text that is one scalar. */
  settleSole(parameter: Parameter, text: string, type: SoleType): void {
    const value = readSole(text, type);
    this.#conclude(parameter, value, parameter.check(value), false);
  }

  #conclude(parameter: Parameter, value: unknown, faults: readonly SchemaFault[] | undefined, spread: boolean): void {
    this.#kept?.keep(parameter, value);
    if (faults !== undefined) for (const fault of faults) this.refuse(violationOf(parameter, fault, spread));
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
      : { in: place, name, pointer: showPointer(fault.pointer), reason, due, arrived };
  }
  // A member that travels under its own name is a parameter to the caller.
  const [, first = '', ...rest] = fault.pointer.split('/');
  const name = showName(unescapeStep(first));
  const reason = reasonOf(fault.keyword, rest.length === 0);
  return rest.length === 0
    ? { in: place, name, reason, due, arrived }
    : { in: place, name, pointer: showPointer(`/${rest.join('/')}`), reason, due, arrived };
}

/** The values of the path's parameters, each segment shared out as their schemas take it. */
function partsOf(plan: ParameterPlan, { pathNames, pathValues }: ParameterSource, joints: Joints): readonly string[] {
  const planned = pathNames.map((name) => plan.path.find(({ parameter }) => parameter.name === name));
  return shareOut(pathValues, joints, (place, raw) => {
    const one = planned[place];
    return one === undefined || holds(one, raw);
  });
}

/** Whether a text is a right value of a parameter. */
function holds(planned: Planned, text: string): boolean {
  const { parameter, sole } = planned;
  const tree = treeOf(planned, text);
  if (tree === undefined) return false;
  if (sole !== undefined && typeof tree === 'string') return parameter.check(readSole(tree, sole)) === undefined;
  return settle(tree, parameter.shape, parameter.check).faults === undefined;
}

/** The text of one parameter of the path or the header section, taken apart; undefined where that cannot be. */
function treeOf({ parameter, slot, sole }: Planned, text: string): TextTree | undefined {
  return sole !== undefined || parameter.media !== undefined ? slot.decode(text) : readWhole(slot, text);
}

/** A parameter of the path or the header section. */
function readOne(reading: Reading, planned: Planned, raw: string | undefined): void {
  const { parameter, sole } = planned;
  if (raw === undefined) {
    if (parameter.required) reading.refuse(missing(parameter));
    return;
  }
  const text = parameter.in === 'header' ? raw.trim() : raw;
  const tree = treeOf(planned, text);
  if (sole !== undefined && typeof tree === 'string') reading.settleSole(parameter, tree, sole);
  else if (tree === undefined) reading.refuse(undecodable(parameter, text));
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

function readQuery(reading: Reading, plan: ParameterPlan, query: string): void {
  if (plan.querystring !== undefined) {
    readQuerystring(reading, plan.querystring, plan, query);
    return;
  }
  const sorting = new Sorting(plan.queryIndex, plan.keys);
  sorting.addAll(query);
  for (let at = 0; at < plan.query.length; at += 1) readArrived(reading, plan.query[at], sorting.arrived[at]);
  if (plan.unknown === undefined || sorting.strangers.length === 0) return;
  for (const [at, { name, raw }] of sorting.strangers.slice(0, MAX_VIOLATIONS).entries()) {
    const { due, detail } = plan.unknown(name, at < GUESSED);
    const arrived = sizeOf(raw);
    reading.refuse({ in: 'query', name: showName(name), reason: 'unknown-parameter', due, arrived, detail });
  }
}

function readArrived(reading: Reading, planned: Planned | undefined, arrived: string | Arrived | undefined): void {
  if (planned === undefined) return;
  const { parameter, slot, sole } = planned;
  if (arrived === undefined) {
    if (!parameter.required) return;
    // An object without members travels as nothing at all, where its members have names of their own.
    if (slot.spread) reading.settle(parameter, members(new Map()), true);
    else reading.refuse(missing(parameter));
    return;
  }
  if (arrived === '' && parameter.allowEmptyValue) {
    reading.keep(parameter, '');
    return;
  }
  const isSole = sole !== undefined && typeof arrived === 'string';
  const tree = isSole ? slot.decode(arrived) : readSlot(slot, arrived);
  const texts = typeof arrived === 'string' ? 1 : arrived.named.length;
  if (isSole && typeof tree === 'string') {
    reading.settleSole(parameter, tree, sole);
  } else if (tree === repeated) {
    reading.refuse({
      in: placeOf(parameter),
      name: parameter.name,
      reason: 'wrong-value',
      due: 'one value',
      arrived: `${texts} values`,
    });
  } else if (tree === undefined) {
    reading.refuse(undecodable(parameter, typeof arrived === 'string' ? arrived : arrived.named.join('')));
  } else {
    reading.settle(parameter, tree, slot.spread && texts === 0);
  }
}

/** OpenAPI 3.2: the whole query is one value, in a media type. */
function readQuerystring(reading: Reading, parameter: Parameter, plan: ParameterPlan, query: string): void {
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
    .filter((pair) => !keys.has(decodeWord(splitPair(pair)[0])))
    .join('&');
}

function readCookies(reading: Reading, plan: ParameterPlan, text: string): void {
  const sorting = new Sorting(plan.cookieIndex);
  for (const cookie of text.split(';')) {
    const trimmed = cookie.trim();
    if (trimmed === '') continue;
    // Exploded values of style `form` put several pairs between `&` into one cookie.
    const parts = isExploded(plan, splitPair(trimmed)[0]) ? trimmed.split('&') : [trimmed];
    for (const part of parts) {
      const [rawName, raw] = splitPair(part);
      sorting.add(percentDecode(rawName.trim()) ?? rawName, raw.trim());
    }
  }
  plan.cookie.forEach((planned, at) => {
    const arrived = sorting.arrived[at];
    // Browsers send cookies of several paths under one name, the closest first: never the caller's fault.
    const first = typeof arrived === 'object' && !structuresOf(planned.slot.shape).list ? arrived.named[0] : undefined;
    readArrived(reading, planned, first ?? arrived);
  });
}

function isExploded({ cookieIndex }: ParameterPlan, name: string): boolean {
  if (cookieIndex.byMember.has(name)) return true;
  const slot = cookieIndex.slots[cookieIndex.byName.get(name) ?? -1];
  return slot !== undefined && slot.explode && slot.style === 'form' && structuresOf(slot.shape).list;
}
