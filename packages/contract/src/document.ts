import { ContractError } from './contract-error.ts';
import { FaultLog, Findings } from './faults.ts';
import type { Contract, ContractFault, Operation } from './model.ts';
import { didYouMean } from './nearest.ts';
import { type BuiltOperation, buildOperation, type OperationDraft, OperationReader } from './operations.ts';
import { memberOfItem, readPathItem } from './path-items.ts';
import { entriesOf, followed, isObjectPlace, nameOf, type Reading, type Release } from './reading.ts';
import { SchemaGraph } from './schema-graph.ts';
import { Schemas } from './schemas.ts';
import { basePathOf, readServers } from './servers.ts';
import { type Place, placeAt, rootPlace, type Sources } from './sources.ts';
import { readSwitches, type SwitchSettings, switchesOf } from './switches.ts';
import { type CodesSetting, createTable } from './table.ts';
import { readTemplate, sameTemplate } from './templates.ts';

/** What a user sets beside the document. */
export interface ContractSettings extends SwitchSettings {
  /** The published table; the default one where it is left out. */
  readonly codes?: CodesSetting | undefined;
  /** In place of the base paths of the document's `servers`: a path or a URL. */
  readonly basePath?: string | undefined;
  /** By operation id; beats everything in the document. */
  readonly operations?: Readonly<Record<string, SwitchSettings>> | undefined;
  /** Lets patterns run that can take exponential time. */
  readonly allowUnsafePatterns?: boolean | undefined;
}

/**
 * Reads an OpenAPI document whose text is parsed already.
 *
 * @throws ContractError where it is no OpenAPI document, or the settings name an operation that it does not have
 */
export function readDocument(sources: Sources, settings: ContractSettings): Contract {
  const document = rootPlace(sources.root);
  const log = new FaultLog();
  const findings = new Findings(log);
  const release = releaseOf(document, findings);
  if (release !== '3.0') sources.readIds();
  const graph = new SchemaGraph(sources, release === '3.0');
  const dialect = release === '3.0' ? '3.0' : '3.1';
  const schemas = new Schemas(dialect, sources, graph, settings.allowUnsafePatterns === true);
  const reading: Reading = { sources, schemas, release };

  const info = placeAt(document, 'info');
  if (!isObjectPlace(info)) findings.warn(info, 'the document has no "info"; give it a title and a version');
  const documentSwitches = readSwitches(placeAt(document, 'x-flick'), findings);
  const reader = new OperationReader(reading, document, log);
  const sourcesOf = new PathReader(reading, document, settings, documentSwitches, log);
  const drafts = sourcesOf.readPaths().map((source) => reader.read(source));
  checkNames(settings, drafts, document);

  const requestSchemas = drafts.flatMap((draft) => draft.source.findings.schemas);
  const badRefs = graph.badRefs(requestSchemas);
  for (const { place, message, neededByRequests } of badRefs.refs) {
    log.add(neededByRequests ? 'error' : 'warning', place, message);
  }
  for (const { place, message } of graph.oddSchemas()) log.add('warning', place, message);
  for (const { source } of drafts) {
    for (const schema of source.findings.schemas) source.findings.broken ??= badRefs.of(schema);
  }
  const reached = reachableTemplates(drafts);
  const built = drafts.map((draft, index) => buildOperation(draft, reached[index] ?? [], draft.source.findings.broken));

  const schemes = reader.security.schemes(new Findings(log, true));
  for (const file of sources.files) {
    for (const { message, pointer, offset } of file.parsed?.defects ?? []) {
      log.add('warning', { file, pointer }, message, offset);
    }
  }
  const faults = Object.freeze(log.take());
  sources.release();
  return Object.freeze({
    api: Object.freeze({
      title: textAt(info, 'title') ?? 'Untitled API',
      version: textAt(info, 'version') ?? '0',
      openapi: textAt(document, 'openapi') ?? release,
    }),
    table: createTable(settings.codes),
    operations: Object.freeze(built.map(({ operation }) => operation)),
    schemes,
    switches: switchesOf([settings, documentSwitches]),
    faults,
    files: Object.freeze(sources.files.flatMap((file) => file.path ?? [])),
    missing: Object.freeze([...sources.missing]),
    warm: warmer(built, sources, log),
  });
}

function releaseOf(document: Place, findings: Findings): Release {
  const { name } = document.file;
  if (!isObjectPlace(document)) throw new ContractError('is not an OpenAPI document: it holds no object', name);
  const version = placeAt(document, 'openapi');
  if (version.value === undefined) {
    const swagger = document.value['swagger'] !== undefined;
    const what = swagger
      ? 'a Swagger 2.0 document; convert it to OpenAPI 3'
      : 'without "openapi"; write openapi: 3.1.0';
    throw new ContractError(`is not an OpenAPI 3 document: it is ${what}`, name);
  }
  const text = textAt(document, 'openapi');
  const minor = /^3\.(\d+)(\.|$)/.exec(text ?? '')?.[1];
  if (minor === undefined) {
    const mend = 'Flick reads 3.0, 3.1 and 3.2';
    throw new ContractError(`is not an OpenAPI 3 document: "openapi" is ${text ?? 'not text'}; ${mend}`, name);
  }
  if (typeof version.value !== 'string')
    findings.warn(version, '"openapi" is a number; write it as text such as "3.1.0"');
  if (Number(minor) > 2) findings.warn(version, `OpenAPI 3.${minor} is not known and is read as 3.2; write 3.2.0`);
  if (minor === '0' || minor === '1') return `3.${minor}`;
  return '3.2';
}

/** A member that is text; a number, as which YAML reads `version: 1.0`, is taken as text. */
function textAt(place: Place, key: string): string | undefined {
  const { value } = placeAt(place, key);
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

type OperationSources = OperationDraft['source'][];

/** Walks the paths of a document down to its operations. */
class PathReader {
  readonly #reading: Reading;
  readonly #document: Place;
  readonly #settings: ContractSettings;
  readonly #documentSwitches: SwitchSettings;
  readonly #log: FaultLog;
  readonly #basePath: string | undefined;
  readonly #ids = new Set<string>();

  constructor(
    reading: Reading,
    document: Place,
    settings: ContractSettings,
    documentSwitches: SwitchSettings,
    log: FaultLog,
  ) {
    this.#reading = reading;
    this.#document = document;
    this.#settings = settings;
    this.#documentSwitches = documentSwitches;
    this.#log = log;
    this.#basePath = settings.basePath === undefined ? undefined : basePathOf(settings.basePath);
    if (settings.basePath !== undefined && this.#basePath === undefined) {
      const sentence = `cannot be served below the base path "${settings.basePath}"; write one such as /v1`;
      throw new ContractError(sentence, document.file.name);
    }
  }

  readPaths(): OperationSources {
    const findings = new Findings(this.#log);
    const bases = readServers(placeAt(this.#document, 'servers'), findings) ?? [''];
    const written = placeAt(this.#document, 'paths');
    const paths = followed(this.#reading, written, findings);
    if (paths !== written && paths !== undefined) {
      findings.warn(written, '"paths" is a $ref, which OpenAPI does not know; it is followed all the same');
    }
    if (paths === undefined || !isObjectPlace(paths)) {
      findings.warn(
        written,
        'the document has no "paths" and every request is answered 404; declare at least one path',
      );
      return [];
    }
    return entriesOf(paths).flatMap((entry) => this.#readPath(entry, bases));
  }

  #readPath(entry: Place, documentBases: readonly string[]): OperationSources {
    const path = nameOf(entry);
    if (path.startsWith('x-')) return [];
    const findings = new Findings(this.#log);
    if (!path.startsWith('/')) {
      findings.warn(entry, `the path "${path}" does not begin with a slash and is read as "/${path}"; write it so`);
    }
    const { broken } = readTemplate(path);
    if (broken !== undefined) findings.error(entry, broken);
    const item = readPathItem(this.#reading, entry, findings);
    const bases = readServers(memberOfItem(item, 'servers'), findings) ?? documentBases;
    const switches = readSwitches(memberOfItem(item, 'x-flick'), findings);
    const shared = memberOfItem(item, 'parameters') ?? placeAt(entry, 'parameters');
    return item.methods.map(({ place, method }) => {
      const own = findings.part();
      own.adopt(findings);
      if (!isObjectPlace(place)) {
        if (place.value === null) own.warn(place, 'the operation is empty; declare at least its responses');
        else own.error(place, 'the operation is not an object; declare its responses in it');
      }
      const id = this.#idOf(place, `${method} ${path}`, own);
      const { operations } = this.#settings;
      const served =
        this.#basePath === undefined ? (readServers(placeAt(place, 'servers'), own) ?? bases) : [this.#basePath];
      const set = operations !== undefined && Object.hasOwn(operations, id) ? operations[id] : undefined;
      const levels = [set ?? {}, readSwitches(placeAt(place, 'x-flick'), own), switches];
      const all = switchesOf([...levels, this.#settings, this.#documentSwitches]);
      const file = place.file === this.#document.file ? undefined : place.file.name;
      return { place, file, shared, method, path, id, bases: served, switches: all, findings: own };
    });
  }

  /** The operation's id, made unique. */
  #idOf(place: Place, fallback: string, findings: Findings): string {
    const spot = placeAt(place, 'operationId');
    const written = spot.value;
    const good = typeof written === 'string' && written !== '';
    if (written !== undefined && !good) {
      findings.warn(spot, `"operationId" is not text and is left out; write a name without blanks`);
    }
    const wanted = good ? written : fallback;
    let id = wanted;
    for (let count = 2; this.#ids.has(id); count += 1) id = `${wanted}-${String(count)}`;
    this.#ids.add(id);
    if (id !== wanted) {
      findings.warn(spot, `the operationId "${wanted}" is there twice and this one is called "${id}"; rename it`);
    }
    return id;
  }
}

/** Settings for an operation that is not there would be lost in silence. */
function checkNames(settings: ContractSettings, drafts: readonly OperationDraft[], document: Place): void {
  if (settings.operations === undefined) return;
  const ids = new Set(drafts.map((draft) => draft.source.id));
  const unknown = Object.keys(settings.operations).find((id) => !ids.has(id));
  if (unknown === undefined) return;
  const mend = didYouMean(unknown, ids) || '; write an operationId of the document';
  throw new ContractError(`has no operation "${unknown}", which the settings name${mend}`, document.file.name);
}

/**
 * The full templates of each operation, without those that an earlier operation of the same method takes already: no
 * request would reach them.
 */
function reachableTemplates(drafts: readonly OperationDraft[]): string[][] {
  const takers = new Map<string, OperationDraft>();
  return drafts.map((draft) => {
    const { source } = draft;
    const { text } = readTemplate(source.path);
    const templates = [...new Set(source.bases.map((base) => base + text))];
    let rival: OperationDraft | undefined;
    const reached = templates.filter((template) => {
      const key = `${source.method} ${sameTemplate(template)}`;
      const taker = takers.get(key);
      if (taker === undefined) takers.set(key, draft);
      else rival ??= taker;
      return taker === undefined;
    });
    if (rival !== undefined) {
      const first = `${source.method} ${rival.source.path}`;
      const { path } = source;
      if (reached.length > 0) {
        source.findings.warn(
          source.place,
          `"${path}" is hidden by ${first} below one of the base paths; mend "servers"`,
        );
      } else {
        source.findings.error(
          source.place,
          `"${path}" takes the same requests as ${first}, which comes first; unite them`,
        );
      }
    }
    return reached;
  });
}

/** Makes the `warm` of a contract. */
function warmer(built: readonly BuiltOperation[], sources: Sources, log: FaultLog): Contract['warm'] {
  const byOperation = new Map<Operation, BuiltOperation>(built.map((each) => [each.operation, each]));
  const reported = new Set<string>();
  return (operation: Operation, which: 'requests' | 'responses' = 'requests'): ContractFault | undefined => {
    // What is broken since load was reported then.
    const wasBroken = operation.broken !== undefined;
    const failure = byOperation.get(operation)?.compile(which);
    if (failure === undefined || (wasBroken && which === 'requests')) return undefined;
    const key = `${failure.location ?? operation.id} ${failure.message}`;
    if (reported.has(key)) return undefined;
    reported.add(key);
    const spot = (failure.location === undefined ? undefined : sources.placeOf(failure.location)) ?? {
      file: sources.root,
      pointer: operation.pointer,
    };
    log.add(which === 'requests' ? 'error' : 'warning', spot, failure.message);
    const [fault] = log.take();
    return fault;
  };
}
