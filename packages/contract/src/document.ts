import { basePathOfSettings, type ContractSettings, type DocumentParts, switchesUnder } from './assembly.ts';
import { ContractError } from './contract-error.ts';
import { FaultLog, Findings } from './faults.ts';
import { type OperationDraft, OperationReader, type OperationSource } from './operations.ts';
import { memberOfItem, readPathItem } from './path-items.ts';
import { entriesOf, followed, isObjectPlace, nameOf, type Reading, type Release } from './reading.ts';
import { SchemaGraph } from './schema-graph.ts';
import { type CheckedSchemas, Schemas } from './schemas.ts';
import { readServers } from './servers.ts';
import { type Place, placeAt, rootPlace, type Sources } from './sources.ts';
import { readSwitches, type SwitchSettings } from './switches.ts';
import { readTemplate } from './templates.ts';

/**
 * Reads an OpenAPI document whose text is parsed already.
 *
 * @param checked - is told which schemas each check is made of
 * @throws ContractError where it is no OpenAPI document
 */
export function readDocument(sources: Sources, settings: ContractSettings, checked?: CheckedSchemas): DocumentReading {
  const document = rootPlace(sources.root);
  const log = new FaultLog();
  const findings = new Findings(log);
  const release = releaseOf(document, findings);
  if (release !== '3.0') sources.readIds();
  const graph = new SchemaGraph(sources, release === '3.0');
  const schemas = new Schemas(release, sources, graph, settings.allowUnsafePatterns === true, checked);
  const reading: Reading = { sources, schemas, release };

  const info = placeAt(document, 'info');
  if (!isObjectPlace(info)) findings.warn(info, 'the document has no "info"; give it a title and a version');
  const switches = readSwitches(placeAt(document, 'x-flick'), findings);
  const reader = new OperationReader(reading, document, log);
  const operations = new PathReader(reading, document, settings, switches, log).readPaths();
  const drafts = operations.map((source) => reader.read(source));

  const badRefs = graph.badRefs(operations.flatMap((source) => source.findings.schemas));
  for (const { place, message, neededByRequests } of badRefs.refs) {
    log.add(neededByRequests ? 'error' : 'warning', place, message);
  }
  for (const { place, message } of graph.oddSchemas()) log.add('warning', place, message);
  for (const { findings: own } of operations) {
    for (const schema of own.schemas) own.broken ??= badRefs.of(schema);
  }

  const schemes = reader.security.schemes(new Findings(log, true));
  for (const file of sources.files) {
    for (const { message, pointer, offset } of file.parsed?.defects ?? []) {
      log.add('warning', { file, pointer }, message, offset);
    }
  }
  return {
    api: Object.freeze({
      title: textAt(info, 'title') ?? 'Untitled API',
      version: textAt(info, 'version') ?? '0',
      openapi: textAt(document, 'openapi') ?? release,
    }),
    release,
    operations,
    drafts,
    schemes,
    switches,
    headerNames: headerNamesOf(drafts),
    files: sources.files.flatMap((file) => file.path ?? []),
    sources,
    log,
  };
}

/** What an OpenAPI document says, with the places of its operations. */
export interface DocumentReading extends DocumentParts {
  readonly release: Release;
  /** In the order of `drafts`. */
  readonly operations: readonly PlacedOperation[];
}

/** An operation in the document, with the switches that the document sets for it: its own, and those of its path. */
interface PlacedOperation extends OperationSource {
  readonly levels: readonly [SwitchSettings, SwitchSettings];
}

function headerNamesOf(drafts: readonly OperationDraft[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { parts } of drafts) {
    for (const parameter of parts().parameters) {
      if (parameter.in === 'header') names.add(parameter.name.toLowerCase());
    }
  }
  return names;
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
    this.#basePath = basePathOfSettings(settings, document.file.name);
  }

  readPaths(): PlacedOperation[] {
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

  #readPath(entry: Place, documentBases: readonly string[]): PlacedOperation[] {
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
      const served = readServers(placeAt(place, 'servers'), own) ?? bases;
      const levels = [readSwitches(placeAt(place, 'x-flick'), own), switches] as const;
      const file = place.file === this.#document.file ? undefined : place.file.name;
      return {
        place,
        file,
        shared,
        method,
        path,
        id,
        bases: this.#basePath === undefined ? served : [this.#basePath],
        levels,
        switches: switchesUnder(this.#settings, id, levels, this.#documentSwitches),
        findings: own,
      };
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
