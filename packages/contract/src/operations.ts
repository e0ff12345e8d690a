import { SchemaError } from '@flick/schema';
import { Findings, type FaultLog, type Spot } from './faults.ts';
import { readContent } from './media.ts';
import type { MediaType, Operation, Parameter, RequestBody, ResponseModel, SecurityNeed, Switches } from './model.ts';
import { ParameterReader } from './parameters.ts';
import { booleanAt, followed, isObjectPlace, type Reading } from './reading.ts';
import { ResponseReader } from './responses.ts';
import type { SchemaReader } from './schemas.ts';
import { SecurityReader } from './security.ts';
import { type Place, placeAt } from './sources.ts';
import { readTemplate } from './templates.ts';

/** What is known of an operation without reading its own members. */
export interface OperationHead {
  readonly place: Spot;
  /** The name of its file, where that is not the document itself. */
  readonly file: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly bases: readonly string[];
  readonly switches: Switches;
  /** What has been found so far; broken where the operation cannot be served. */
  readonly findings: Findings;
}

/** An operation at its place of the document, ready to be read. */
export interface OperationSource extends OperationHead {
  readonly place: Place;
  /** The parameters that all operations of the path have. */
  readonly shared: Place;
}

/** What requests and answers of an operation are judged by. */
export interface OperationParts {
  readonly parameters: readonly Parameter[];
  readonly body: RequestBody | undefined;
  readonly responses: ReadonlyMap<string, ResponseModel>;
}

/** An operation as far as it is read; templates are settled when all are known. */
export interface OperationDraft {
  readonly source: OperationHead;
  readonly security: readonly (readonly SecurityNeed[])[];
  readonly ownCodes: ReadonlySet<number>;
  /** The names of the path's parameters that may take several segments. */
  readonly spanning: readonly string[];
  /** Read already, or at the first call. */
  readonly parts: () => OperationParts;
}

/** Reads operations one by one. */
export class OperationReader {
  readonly #reading: Reading;
  readonly #parameters: ParameterReader;
  readonly #responses: ResponseReader;
  readonly #documentSecurity: Place;
  readonly security: SecurityReader;

  constructor(reading: Reading, document: Place, log: FaultLog) {
    this.#reading = reading;
    this.#parameters = new ParameterReader(reading);
    this.#responses = new ResponseReader(reading, this.#parameters, new Findings(log, true));
    this.#documentSecurity = placeAt(document, 'security');
    this.security = new SecurityReader(reading);
  }

  read(source: OperationSource): OperationDraft {
    const parts = this.readParts(source);
    const codes = [...parts.responses.keys()].filter((code) => /^\d+$/.test(code)).map(Number);
    const spanning = parts.parameters.filter(({ spansSegments }) => spansSegments === true).map(({ name }) => name);
    return { source, security: this.#readSecurity(source), ownCodes: new Set(codes), spanning, parts: () => parts };
  }

  readParts(source: OperationSource): OperationParts {
    const { place, shared, findings, switches } = source;
    const schemas = this.#reading.schemas.ofRequests(switches.unknownMembers);
    const all = this.#parameters.readAll([shared, placeAt(place, 'parameters')], schemas, findings);
    return {
      parameters: Object.freeze(inTemplate(all, source)),
      body: this.#readBody(placeAt(place, 'requestBody'), schemas, findings),
      responses: this.#responses.read(place),
    };
  }

  #readSecurity({ place, findings }: OperationSource): OperationDraft['security'] {
    const own = placeAt(place, 'security');
    return this.security.read(own.value === undefined ? this.#documentSecurity : own, findings);
  }

  #readBody(entry: Place, schemas: SchemaReader, findings: Findings): RequestBody | undefined {
    if (entry.value === undefined) return undefined;
    if (entry.value === null) {
      findings.warn(entry, '"requestBody" is empty and the operation takes no body; describe one, or leave it out');
      return undefined;
    }
    const place = followed(this.#reading, entry, findings);
    if (place === undefined) return undefined;
    if (!isObjectPlace(place)) {
      findings.error(place, '"requestBody" is not an object; write { content: ... } below it');
      return undefined;
    }
    const content = placeAt(place, 'content');
    const read = readContent(this.#reading, content, schemas, findings);
    if (read.length === 0) {
      findings.warn(place, 'the request body names no media type and takes any body; name one in "content"');
    }
    const required = booleanAt(place, 'required', false, findings);
    return Object.freeze({ required, content: read, pointer: place.pointer });
  }
}

/** Leaves out path parameters that the template does not have, and says which names it has undeclared. */
function inTemplate(parameters: readonly Parameter[], { path, place, findings }: OperationSource): Parameter[] {
  const names = new Set(readTemplate(path).names);
  const declared = new Set<string>();
  const kept = parameters.filter((parameter) => {
    if (parameter.in !== 'path') return true;
    declared.add(parameter.name);
    if (names.has(parameter.name)) return true;
    const name = `path parameter "${parameter.name}"`;
    findings.warn(
      place,
      `the ${name} is not in the template "${path}" and is left out; write {${parameter.name}} there`,
    );
    return false;
  });
  for (const name of names) {
    if (declared.has(name)) continue;
    findings.warn(place, `"${name}" of the template "${path}" is not declared and takes any text; declare it`);
  }
  return kept;
}

/** An operation of the model, and the key to its compilation that only the contract holds. */
export interface BuiltOperation {
  readonly operation: Operation;
  /** Compiles; returns what failed. */
  readonly compile: (which: 'requests' | 'responses') => CompileFailure | undefined;
  /** Compiles for so many milliseconds; returns whether that was all. What fails, `compile` tells. */
  readonly compileFor: (which: 'requests' | 'responses', ms: number) => boolean;
}

/** Why a schema cannot be compiled, and where it stands. */
interface CompileFailure {
  readonly message: string;
  readonly location: string | undefined;
}

/** Makes the model of an operation. `broken`: why it cannot be served, where that is known already. */
export function buildOperation(
  draft: OperationDraft,
  templates: readonly string[],
  brokenAtLoad: string | undefined,
): BuiltOperation {
  const { source, security, ownCodes, spanning, parts } = draft;
  let broken = brokenAtLoad;
  const done = new Map<string, CompileFailure | 'well'>();

  const judgingParts = (which: 'requests' | 'responses'): readonly (Parameter | MediaType)[] => {
    const { parameters, body, responses } = parts();
    if (which === 'requests') return [...parameters, ...withVersions(body?.content ?? [])];
    const all = [...responses.values()];
    return [...all.flatMap(({ headers }) => headers), ...withVersions(all.flatMap(({ content }) => content))];
  };

  const ready = (how: 'prepare' | 'compile', which: 'requests' | 'responses'): CompileFailure | undefined => {
    const key = `${how} ${which}`;
    let result = done.get(key);
    if (result === undefined) {
      result = attempt(() => {
        for (const part of judgingParts(which)) {
          part.check?.[how]();
          // Read at first use as well: a warm operation has nothing left to do under traffic.
          void part.shape;
        }
      });
      done.set(key, result);
    }
    if (result === 'well') return undefined;
    if (which === 'requests') broken ??= result.message;
    return result;
  };

  const operation: Operation = Object.freeze({
    id: source.id,
    method: source.method,
    path: source.path,
    templates: Object.freeze(templates),
    ...(spanning.length > 0 && { spanning }),
    pointer: source.place.pointer,
    ...(source.file === undefined ? {} : { file: source.file }),
    get parameters() {
      return parts().parameters;
    },
    get body() {
      return parts().body;
    },
    security,
    get responses() {
      return parts().responses;
    },
    ownCodes,
    switches: source.switches,
    get broken() {
      return broken;
    },
    compile: (which: 'requests' | 'responses' = 'requests') => {
      ready('prepare', which);
    },
  });
  const compileFor = (which: 'requests' | 'responses', ms: number): boolean => {
    const due = performance.now() + ms;
    let isDone = false;
    const result = attempt(() => {
      isDone = judgingParts(which).every(({ check }) => check?.compile(due - performance.now()) !== false);
    });
    return isDone || result !== 'well';
  };
  return { operation, compile: (which) => ready('compile', which), compileFor };
}

function withVersions(content: readonly MediaType[]): readonly MediaType[] {
  return content.flatMap((media) => [media, ...(media.versions ?? [])]);
}

function attempt(work: () => void): CompileFailure | 'well' {
  try {
    work();
    return 'well';
  } catch (error) {
    if (error instanceof SchemaError) {
      // A fault has its place beside its message.
      return { message: error.message.replace(`${error.location}: `, () => ''), location: error.location };
    }
    const cause = error instanceof RangeError ? 'it nests too deep; make it flatter' : String(error);
    return { message: `a schema cannot be compiled: ${cause}`, location: undefined };
  }
}
