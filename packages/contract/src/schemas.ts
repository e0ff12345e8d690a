import type { Check, Dialect, MadeChecks, SchemaNode, Shape, UnknownMembers } from '@flick/schema';
import { createCompiler } from '@flick/schema';
import type { Findings } from './faults.ts';
import { isMembers } from './pointer.ts';
import type { Release } from './reading.ts';
import type { SchemaGraph } from './schema-graph.ts';
import { locationOf, type Place, placeAt, type Sources } from './sources.ts';

type Compiler = ReturnType<typeof createCompiler>;

/** A schema made ready: its check compiles at first use, its shape is read at first use. */
export interface SchemaCell {
  readonly check: Check;
  readonly shape: () => Shape;
}

/** The schemas that checks are made of: a value must fit one of them. */
export type CheckedSchemas = WeakMap<Check, readonly SchemaNode[]>;

/** Who makes code of schemas. */
export interface Making {
  /** Code that was made ahead, by the keys of readers. Where it is given, no other is made. */
  readonly made?: Readonly<Record<string, MadeChecks>>;
  /** Whether the code that is made is wanted. */
  readonly keepsCode?: boolean;
  /** How the URIs of all files begin: code is known by what comes after that. */
  readonly base?: string;
}

/** Source text of checks, by the keys of readers, then by those of schemas. */
export type MadeCode = readonly (readonly [reader: string, checks: ReadonlyMap<string, string>])[];

/** Tells readers apart that read the same schema differently. */
export function readerKey(direction: 'request' | 'response', unknownMembers: UnknownMembers): string {
  return `${direction} ${unknownMembers}`;
}

/** Makes checks of the schemas of one contract; one compiler for each way of reading them. */
export class Schemas {
  readonly #compilers = new Map<string, Compiler>();
  readonly #dialect: Dialect;
  readonly #sources: Sources;
  readonly #graph: SchemaGraph | undefined;
  readonly #allowUnsafePatterns: boolean;
  readonly #checked: CheckedSchemas | undefined;
  readonly #making: Making;

  /**
   * @param graph - where schemas are looked through for faults; left out where that is done already
   * @param checked - is told which schemas each check is made of
   */
  constructor(
    release: Release,
    sources: Sources,
    graph: SchemaGraph | undefined,
    allowUnsafePatterns: boolean,
    checked?: CheckedSchemas,
    making: Making = {},
  ) {
    this.#making = making;
    this.#dialect = release === '3.0' ? '3.0' : '3.1';
    this.#sources = sources;
    this.#graph = graph;
    this.#allowUnsafePatterns = allowUnsafePatterns;
    this.#checked = checked;
  }

  /** For what requests carry. */
  ofRequests(unknownMembers: UnknownMembers): SchemaReader {
    return this.#reader('request', unknownMembers);
  }

  /** For what the API answers: its own schemas alone say which members it may send. */
  ofResponses(): SchemaReader {
    return this.#reader('response', 'as_schema');
  }

  /** The code of all checks that were compiled so far, by the keys of readers. */
  get code(): MadeCode {
    return Array.from(this.#compilers, ([key, { code }]) => [key, code]);
  }

  #reader(direction: 'request' | 'response', unknownMembers: UnknownMembers): SchemaReader {
    const key = readerKey(direction, unknownMembers);
    let compiler = this.#compilers.get(key);
    if (compiler === undefined) {
      compiler = createCompiler({
        dialect: this.#dialect,
        direction,
        unknownMembers,
        resolve: this.#sources.resolve,
        hasAnchors: () => this.#sources.hasAnchors,
        allowUnsafePatterns: this.#allowUnsafePatterns,
        ...(this.#making.made !== undefined && { made: this.#making.made[key] ?? {} }),
        ...(this.#making.keepsCode === true && { keepsCode: true }),
        base: this.#making.base,
      });
      this.#compilers.set(key, compiler);
    }
    return new SchemaReader(key, compiler, this.#graph, direction === 'request', this.#checked);
  }
}

/** Reads schemas for one direction and one way with unknown members. */
export class SchemaReader {
  /** Tells readers apart that read the same schema differently. */
  readonly key: string;
  readonly judgesRequests: boolean;
  readonly #compiler: Compiler;
  readonly #graph: SchemaGraph | undefined;
  readonly #checked: CheckedSchemas | undefined;

  constructor(
    key: string,
    compiler: Compiler,
    graph: SchemaGraph | undefined,
    judgesRequests: boolean,
    checked: CheckedSchemas | undefined,
  ) {
    this.key = key;
    this.#compiler = compiler;
    this.#graph = graph;
    this.judgesRequests = judgesRequests;
    this.#checked = checked;
  }

  /** Reads the schemas at some places: a value must fit one of them. `undefined` where one of them lets all pass. */
  read(places: readonly Place[], findings: Findings): SchemaCell | undefined {
    const schemas: Place[] = [];
    let silent = places.length === 0;
    for (const place of places) {
      if (isMembers(place.value) || typeof place.value === 'boolean') {
        schemas.push(place);
        this.#graph?.add(place);
        if (this.judgesRequests) findings.schemas.push(place);
      } else if (place.value === null) {
        findings.warn(place, 'the schema is empty and lets every value pass; write one, or leave it out');
        silent = true;
      } else {
        findings.error(place, 'the schema is not an object; write one such as { type: string }');
      }
    }
    const [first] = schemas;
    if (first === undefined || silent) return undefined;
    const [location, ...further] = schemas.filter(({ file }) => file === first.file).map(locationOf);
    if (location === undefined || further.length === 0) {
      return this.#cell({ schema: first.value, location: locationOf(first) }, schemas);
    }
    const anyOf = [location, ...further].map((each) => ({ $ref: each.slice(each.indexOf('#')) }));
    return this.#cell({ schema: { anyOf }, location, name: JSON.stringify(anyOf) }, schemas);
  }

  /** A schema that lets every value pass, for a place where the document is silent. */
  silent(place: Place): SchemaCell {
    return this.#cell({ schema: {}, location: locationOf(placeAt(place, 'schema')) }, []);
  }

  #cell(node: SchemaNode, places: readonly Place[]): SchemaCell {
    const compiler = this.#compiler;
    const check = compiler.check(node);
    this.#checked?.set(
      check,
      places.map((place) => ({ schema: place.value, location: locationOf(place) })),
    );
    let shape: Shape | undefined;
    return {
      check,
      shape: () => {
        shape ??= compiler.shape(node);
        return shape;
      },
    };
  }
}
