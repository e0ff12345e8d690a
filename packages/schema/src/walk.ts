import type { JsonType, SchemaFault } from './check.ts';
import type { Entries } from './entry.ts';
import { formats } from './formats.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';
import { isMembers, type Members, pointerAt } from './members.ts';
import type { Pattern } from './pattern.ts';
import { allUnique, codePoints, isMultipleOf, memberTest } from './values.ts';
import { arrivedWords, dueWords, schemaWords, typesWords } from './words.ts';

/** No answer names more faults than this. */
const maxFaults = 50;
// Of the branches of a `oneOf` or `anyOf`, one is told of, and not at length.
const maxBranchFaults = 5;
// Under a second. A body of 1 MiB has half a million items at most, and each entry judges each of them once.
const maxSteps = 2_000_000;

/** What came of judging a value by a schema. */
interface Outcome {
  /** None where the value holds. */
  readonly faults: readonly SchemaFault[];
  /** The members (by name) or items (by index) that the schema had a say on. */
  readonly seen: ReadonlySet<string>;
  /** False where no branch could be told, so that `seen` may lack what the right one names. */
  readonly sure: boolean;
}

/** The walk gave up: the schema and the value together ask for too many steps. */
export class WalkTooLong extends Error {}

const noNames: ReadonlySet<string> = new Set();
const holds: Outcome = { faults: [], seen: noNames, sure: true };
const noPatterns: readonly (readonly [string, LoweredSchema])[] = [];

/**
 * Finds the faults of a value, slowly and thoroughly, where the compiled check says only that there is one. The time is
 * bounded: each entry judges each place of the value once.
 *
 * @throws WalkTooLong
 */
export function walk(
  schema: LoweredSchema,
  value: unknown,
  entries: Entries,
  patterns: ReadonlyMap<string, Pattern>,
): readonly SchemaFault[] {
  const faults = new Walk(entries, patterns).judge(schema, value, '').faults;
  if (faults.length < 2) return faults;
  const told = new Set<string>();
  return faults.filter(({ pointer, keyword, due }) => {
    const text = JSON.stringify([pointer, keyword, due]);
    return told.has(text) ? false : told.add(text);
  });
}

class Walk {
  readonly #entries: Entries;
  readonly #patterns: ReadonlyMap<string, Pattern>;
  /** By entry, then by pointer: without it, schemas that refer twice to one another double the work at each level. */
  readonly #known = new Map<string, Map<string, Outcome>>();
  #steps = 0;

  constructor(entries: Entries, patterns: ReadonlyMap<string, Pattern>) {
    this.#entries = entries;
    this.#patterns = patterns;
  }

  judge(schema: LoweredSchema, value: unknown, pointer: string): Outcome {
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new WalkTooLong();
    if (schema === true) return holds;
    if (schema === false) {
      return { ...holds, faults: [{ pointer, keyword: 'false', due: 'nothing', arrived: arrivedWords(value) }] };
    }
    const judging = new Judging(pointer);
    if (schema.type !== undefined && !schema.type.some((type) => isOfType(value, type))) {
      judging.add(schema, 'type', value);
      return judging.outcome();
    }
    if (schema.enum !== undefined && !memberTest(schema.enum)(value)) judging.add(schema, 'enum', value);
    if (Object.hasOwn(schema, 'const') && !memberTest([schema.const])(value)) judging.add(schema, 'const', value);
    if (typeof value === 'number') judgeNumber(schema, value, judging);
    else if (typeof value === 'string') this.#judgeString(schema, value, judging);
    else if (Array.isArray(value)) this.#judgeItems(schema, value, judging);
    else if (isMembers(value)) this.#judgeMembers(schema, value, judging);
    if (schema.chooses !== undefined && judging.hasFaults) judging.sure = false;
    this.#judgeBeside(schema, value, judging);
    if (judging.sure && Array.isArray(value)) this.#judgeUnevaluatedItems(schema, value, judging);
    else if (judging.sure && isMembers(value)) this.#judgeUnevaluatedMembers(schema, value, judging);
    return judging.outcome();
  }

  #entry(id: string, value: unknown, pointer: string): Outcome {
    let outcomes = this.#known.get(id);
    if (outcomes === undefined) {
      outcomes = new Map();
      this.#known.set(id, outcomes);
    }
    let outcome = outcomes.get(pointer);
    if (outcome === undefined) {
      outcome = this.judge(this.#entries.get(id)?.schema ?? true, value, pointer);
      outcomes.set(pointer, outcome);
    }
    return outcome;
  }

  #judgeString(schema: Lowered, value: string, judging: Judging): void {
    const length = schema.minLength === undefined && schema.maxLength === undefined ? 0 : codePoints(value);
    if (schema.minLength !== undefined && length < schema.minLength) judging.add(schema, 'minLength', value);
    if (schema.maxLength !== undefined && length > schema.maxLength) judging.add(schema, 'maxLength', value);
    if (schema.pattern !== undefined && this.#patterns.get(schema.pattern)?.test(value) === false) {
      judging.add(schema, 'pattern', value);
    }
    const format = schema.format === undefined ? undefined : formats.get(schema.format);
    if (format?.type === 'string' && !format.holds(value)) judging.add(schema, 'format', value);
  }

  #judgeItems(schema: Lowered, items: readonly unknown[], judging: Judging): void {
    if (schema.minItems !== undefined && items.length < schema.minItems) judging.add(schema, 'minItems', items);
    if (schema.maxItems !== undefined && items.length > schema.maxItems) judging.add(schema, 'maxItems', items);
    if (schema.uniqueItems === true && !allUnique(items)) judging.add(schema, 'uniqueItems', items);
    const prefix = schema.prefixItems ?? [];
    for (const [index, item] of items.entries()) {
      const itemSchema = prefix[index] ?? schema.items;
      if (itemSchema === undefined) break;
      judging.inside(String(index), this.judge(itemSchema, item, pointerAt(judging.pointer, index)));
      if (judging.isFull) return;
    }
    if (schema.contains === undefined) return;
    let count = 0;
    for (const [index, item] of items.entries()) {
      if (this.judge(schema.contains, item, pointerAt(judging.pointer, index)).faults.length > 0) continue;
      count += 1;
      judging.seen.add(String(index));
    }
    const { minContains = 1, maxContains = Infinity } = schema;
    if (count < minContains || count > maxContains) judging.add(schema, 'contains', items);
  }

  #judgeMembers(schema: Lowered, value: Members, judging: Judging): void {
    const names = Object.keys(value);
    if (schema.minProperties !== undefined && names.length < schema.minProperties) {
      judging.add(schema, 'minProperties', value);
    }
    if (schema.maxProperties !== undefined && names.length > schema.maxProperties) {
      judging.add(schema, 'maxProperties', value);
    }
    for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) this.#missing(schema, name, judging);
    for (const [trigger, needed] of Object.entries(schema.dependentRequired ?? {})) {
      if (!Object.hasOwn(value, trigger)) continue;
      for (const name of needed)
        if (!Object.hasOwn(value, name)) this.#missing(schema, name, judging, 'dependentRequired');
    }
    const patterned = schema.patternProperties === undefined ? noPatterns : Object.entries(schema.patternProperties);
    for (const name of names) {
      if (judging.isFull) return;
      this.#judgeMember(schema, name, value[name], patterned, judging);
    }
  }

  #judgeMember(
    schema: Lowered,
    name: string,
    value: unknown,
    patterned: readonly (readonly [string, LoweredSchema])[],
    judging: Judging,
  ): void {
    const pointer = pointerAt(judging.pointer, name);
    if (schema.propertyNames !== undefined && this.judge(schema.propertyNames, name, pointer).faults.length > 0) {
      judging.add(schema, 'propertyNames', value, pointer);
    }
    let isNamed = false;
    if (schema.properties !== undefined && Object.hasOwn(schema.properties, name)) {
      isNamed = true;
      judging.inside(name, this.judge(schema.properties[name] ?? true, value, pointer));
    }
    for (const [pattern, memberSchema] of patterned) {
      if (this.#patterns.get(pattern)?.test(name) !== true) continue;
      isNamed = true;
      judging.inside(name, this.judge(memberSchema, value, pointer));
    }
    if (isNamed || schema.additionalProperties === undefined) return;
    if (schema.additionalProperties === false) {
      judging.seen.add(name);
      judging.add(schema, 'additionalProperties', value, pointer);
    } else judging.inside(name, this.judge(schema.additionalProperties, value, pointer));
  }

  #missing(schema: Lowered, name: string, judging: Judging, keyword = 'required'): void {
    const properties = schema.properties ?? {};
    const member = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const target =
      typeof member === 'object' && member.$ref !== undefined ? this.#entries.get(member.$ref)?.schema : member;
    judging.faults.push({
      pointer: pointerAt(judging.pointer, name),
      keyword,
      due: schemaWords(target),
      arrived: arrivedWords(undefined),
    });
  }

  #judgeBeside(schema: Lowered, value: unknown, judging: Judging): void {
    const { pointer } = judging;
    if (schema.$ref !== undefined) judging.beside(this.#entry(schema.$ref, value, pointer));
    for (const each of schema.allOf ?? []) judging.beside(this.judge(each, value, pointer));
    if (schema.anyOf !== undefined) this.#judgeBranches(schema, 'anyOf', schema.anyOf, value, judging);
    if (schema.oneOf !== undefined) this.#judgeBranches(schema, 'oneOf', schema.oneOf, value, judging);
    if (schema.not !== undefined && this.judge(schema.not, value, pointer).faults.length === 0) {
      judging.add(schema, 'not', value);
    }
    if (schema.if !== undefined) {
      const condition = this.judge(schema.if, value, pointer);
      const isMet = condition.faults.length === 0;
      if (isMet) judging.beside(condition);
      judging.beside(this.judge((isMet ? schema.then : schema.else) ?? true, value, pointer));
    }
    if (schema.dependentSchemas === undefined || !isMembers(value)) return;
    for (const [name, each] of Object.entries(schema.dependentSchemas)) {
      if (Object.hasOwn(value, name)) judging.beside(this.judge(each, value, pointer));
    }
  }

  #judgeBranches(
    schema: Lowered,
    keyword: 'anyOf' | 'oneOf',
    branches: readonly LoweredSchema[],
    value: unknown,
    judging: Judging,
  ): void {
    const outcomes = branches.map((branch) => this.judge(branch, value, judging.pointer));
    const fitting = outcomes.filter((outcome) => outcome.faults.length === 0);
    for (const outcome of fitting) judging.beside(outcome);
    if (keyword === 'oneOf' && fitting.length > 1) {
      const due = `${dueWords('oneOf', schema)}, not ${String(fitting.length)} of them`;
      judging.faults.push({ pointer: judging.pointer, keyword, due, arrived: arrivedWords(value) });
    }
    if (fitting.length > 0) return;
    judging.sure = false;
    const types = branches.map((branch) => this.#typesOf(branch));
    const ofKind = outcomes.filter((_, index) => types[index]?.some((type) => isOfType(value, type)) ?? true);
    const best = bestOf(ofKind, judging.pointer);
    if (best !== undefined) judging.faults.push(...best.faults.slice(0, maxBranchFaults));
    else {
      const due = typesWords(new Set(types.flatMap((each) => each ?? [])));
      judging.faults.push({ pointer: judging.pointer, keyword, due, arrived: arrivedWords(value) });
    }
  }

  /** The types that a branch asks for; `undefined` where it is silent. */
  #typesOf(schema: LoweredSchema | undefined): readonly JsonType[] | undefined {
    let inner = schema;
    for (const passed = new Set<string>(); typeof inner === 'object'; ) {
      if (inner.type !== undefined || inner.$ref === undefined || passed.has(inner.$ref)) return inner.type;
      passed.add(inner.$ref);
      inner = this.#entries.get(inner.$ref)?.schema;
    }
    return undefined;
  }

  #judgeUnevaluatedItems(schema: Lowered, items: readonly unknown[], judging: Judging): void {
    const { unevaluatedItems } = schema;
    if (unevaluatedItems === undefined) return;
    for (const [index, item] of items.entries()) {
      if (judging.isFull) return;
      if (judging.seen.has(String(index))) continue;
      const pointer = pointerAt(judging.pointer, index);
      if (unevaluatedItems === false) {
        judging.seen.add(String(index));
        judging.add(schema, 'unevaluatedItems', item, pointer);
      } else judging.inside(String(index), this.judge(unevaluatedItems, item, pointer));
    }
  }

  #judgeUnevaluatedMembers(schema: Lowered, value: Members, judging: Judging): void {
    const { unevaluatedProperties } = schema;
    if (unevaluatedProperties === undefined) return;
    for (const [name, member] of Object.entries(value)) {
      if (judging.isFull) return;
      if (judging.seen.has(name)) continue;
      const pointer = pointerAt(judging.pointer, name);
      if (unevaluatedProperties === false) {
        judging.seen.add(name);
        judging.add(schema, 'unevaluatedProperties', member, pointer);
      } else judging.inside(name, this.judge(unevaluatedProperties, member, pointer));
    }
  }
}

/** What one schema has found so far of one value. */
class Judging {
  readonly pointer: string;
  readonly faults: SchemaFault[] = [];
  // Most values are neither an object nor a list, and have none.
  #seen: Set<string> | undefined = undefined;
  sure = true;

  constructor(pointer: string) {
    this.pointer = pointer;
  }

  get seen(): Set<string> {
    this.#seen ??= new Set();
    return this.#seen;
  }

  get hasFaults(): boolean {
    return this.faults.length > 0;
  }

  get isFull(): boolean {
    return this.faults.length >= maxFaults;
  }

  add(schema: Lowered, keyword: keyof Lowered, value: unknown, pointer = this.pointer): void {
    this.faults.push({ pointer, keyword, due: dueWords(keyword, schema), arrived: arrivedWords(value) });
  }

  /** Takes over what was found of a member or an item. */
  inside(key: string, outcome: Outcome): void {
    this.seen.add(key);
    this.#takeFaults(outcome);
  }

  /** Takes over what another schema found of the same value. */
  beside(outcome: Outcome): void {
    for (const key of outcome.seen) this.seen.add(key);
    this.#takeFaults(outcome);
    this.sure &&= outcome.sure;
  }

  #takeFaults({ faults }: Outcome): void {
    if (faults.length > 0) this.faults.push(...faults);
  }

  outcome(): Outcome {
    if (this.#seen === undefined && this.faults.length === 0 && this.sure) return holds;
    const faults = this.faults.length > maxFaults ? this.faults.slice(0, maxFaults) : this.faults;
    return { faults, seen: this.#seen ?? noNames, sure: this.sure };
  }
}

function judgeNumber(schema: Lowered, value: number, judging: Judging): void {
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && value < minimum) judging.add(schema, 'minimum', value);
  if (maximum !== undefined && value > maximum) judging.add(schema, 'maximum', value);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) judging.add(schema, 'exclusiveMinimum', value);
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) judging.add(schema, 'exclusiveMaximum', value);
  if (multipleOf !== undefined && !isMultipleOf(value, multipleOf)) judging.add(schema, 'multipleOf', value);
  const format = schema.format === undefined ? undefined : formats.get(schema.format);
  if (format?.type === 'number' && !format.holds(value)) judging.add(schema, 'format', value);
}

const typeTests: Readonly<Record<JsonType, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: Number.isFinite,
  string: (value) => typeof value === 'string',
  array: Array.isArray,
  object: isMembers,
};

/** Whether a value is of a type. */
export function isOfType(value: unknown, type: JsonType): boolean {
  return typeTests[type](value);
}

/**
 * The branch that was most likely meant: one whose tags (members bound to a constant) fit, then one with few faults,
 * then one of which no member is missing, then one whose faults lie deep.
 */
function bestOf(outcomes: readonly Outcome[], pointer: string): Outcome | undefined {
  const start = pointer.length + 1;
  const rank = ({ faults }: Outcome): readonly number[] => [
    faults.filter((each) => isTag(each, start)).length,
    faults.length,
    faults.filter(({ keyword, pointer: at }) => keyword === 'required' && !at.slice(start).includes('/')).length,
    -Math.max(...faults.map((each) => each.pointer.length)),
  ];
  return outcomes.toSorted((a, b) => compare(rank(a), rank(b)))[0];
}

function isTag({ keyword, pointer }: SchemaFault, start: number): boolean {
  return (keyword === 'const' || keyword === 'enum') && !pointer.slice(start).includes('/');
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, each] of a.entries()) {
    const difference = each - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
