import { realpathSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assemble, basePathOfSettings, type ContractSettings, type DocumentParts, switchesUnder } from './assembly.ts';
import { damaged, digestOf, parsed, readCompiledFile } from './compiled-file.ts';
import {
  type CompiledIndex,
  isCompiledIndex,
  type KeptFile,
  type KeptNeed,
  type KeptSource,
  type KeptSpot,
} from './compiled-index.ts';
import { ContractError } from './contract-error.ts';
import { DeafLog, FaultLog, Findings, type Spot } from './faults.ts';
import { type CompiledModule, isWholeModule, moduleFormat } from './compiled-module.ts';
import { joinedBehind } from './lazy-json.ts';
import type { Contract, ContractFault, Operation, SecurityNeed, SecurityScheme } from './model.ts';
import { type OperationDraft, type OperationHead, type OperationParts, OperationReader } from './operations.ts';
import { memberOf, pointerTokens } from './pointer.ts';
import type { Position } from './positions.ts';
import { type MadeCode, type Making, readerKey, Schemas } from './schemas.ts';
import { type Place, rootPlace, type SourceFile, Sources } from './sources.ts';
import { switchesOf } from './switches.ts';
import { version } from './version.ts';

/**
 * Reads what `compileContract` wrote. The index is read now, an operation when it is first asked for.
 *
 * @param path - as the user named it; messages show it so
 * @throws ContractError where it cannot be read, or the settings name an operation that it does not have
 */
export function readCompiled(path: string, settings: ContractSettings): Contract {
  const { version: writer, index, texts } = readCompiledFile(path);
  if (!isCompiledIndex(index)) throw damaged(path);
  const kept = { index, texts, name: path, files: [realpathSync(path)] };
  const stale = staleSource(index.sources, dirname(resolve(path)));
  const doubts = stale === undefined ? [] : [`${stale} has changed since it was compiled`];
  return keptContract(kept, [...doubts, ...otherVersion(writer)], settings, {});
}

function otherVersion(writer: string): string[] {
  return writer === version ? [] : [`it was compiled by Flick ${writer}, and this is ${version}`];
}

/**
 * Reads what a module exports that was written by `compileContract`. Its code judges; no other is made, so that what
 * settings ask for and the module has no code for is judged more slowly.
 *
 * @throws ContractError where it is of another format, or the settings name an operation that it does not have
 */
export function readCompiledModule(module: CompiledModule, settings: ContractSettings): Contract {
  const { flickContract: format, version: writer, texts, checks } = module;
  const name = 'the compiled contract';
  if (format !== moduleFormat) {
    const sentence = `is of format ${String(format)}, and Flick ${version} reads format ${moduleFormat}`;
    throw new ContractError(`${sentence}; ${remedy}`, name);
  }
  const index = isWholeModule(module) ? parsed(module.index) : undefined;
  if (!isCompiledIndex(index)) throw damaged(name);
  const kept = { index, texts: Buffer.from(texts), name, files: [] };
  const contract = keptContract(kept, otherVersion(writer), settings, { made: checks, base });
  const missing = [...readersOf(contract.operations)].filter(([reader]) => !Object.hasOwn(checks, reader));
  if (missing.length === 0) return contract;
  const warnings = missing.map(([, setting]) =>
    warning(
      name,
      `it has no code for ${setting}, which it judges more slowly; ${remedy}, beside a flick.yaml that has it`,
    ),
  );
  return Object.freeze({ ...contract, faults: Object.freeze([...warnings, ...contract.faults]) });
}

/**
 * Makes the code of all checks that a compiled contract's operations need under some settings: of requests, and of
 * answers where these are watched.
 *
 * @throws ContractError where the settings name an operation that it does not have
 */
export function makeChecks(index: CompiledIndex, texts: Buffer, name: string, settings: ContractSettings): MadeCode {
  const { contract, schemas } = contractOf({ index, texts, name, files: [] }, settings, { keepsCode: true, base });
  for (const operation of contract.operations) {
    contract.warm(operation);
    if (operation.switches.responses !== 'off') contract.warm(operation, 'responses');
  }
  const code = new Map(schemas.code);
  return Array.from(readersOf(contract.operations).keys(), (reader) => [reader, code.get(reader) ?? new Map()]);
}

/** The keys of the readers that operations need under their switches, and the settings that ask for them. */
function readersOf(operations: readonly Operation[]): Map<string, string> {
  const readers = new Map<string, string>();
  for (const { switches } of operations) {
    readers.set(readerKey('request', switches.unknownMembers), `unknown_members: ${switches.unknownMembers}`);
    if (switches.responses !== 'off') readers.set(readerKey('response', 'as_schema'), 'responses');
  }
  return readers;
}

const remedy = 'compile it again, by flick compile';

function warning(file: string, message: string): ContractFault {
  return Object.freeze({ severity: 'warning', message, file, line: 0, column: 0, pointer: '' });
}

/** What was kept of a contract. */
interface Kept {
  readonly index: CompiledIndex;
  readonly texts: Buffer;
  /** As messages show it. */
  readonly name: string;
  /** Absolute paths of what is read again when it changes. */
  readonly files: readonly string[];
}

/** @param doubts - whether it is still what its sources are, a clause each */
function keptContract(kept: Kept, doubts: readonly string[], settings: ContractSettings, making: Making): Contract {
  const { index, name } = kept;
  let contract: Contract;
  try {
    contract = contractOf(kept, settings, making).contract;
  } catch (error) {
    // An index that has its checksum and not its shape was made by hand.
    throw error instanceof ContractError ? error : damaged(name);
  }
  const warnings = doubts.map((doubt) => warning(name, `${doubt}; ${remedy}`));
  return Object.freeze({
    ...contract,
    faults: Object.freeze([...warnings, ...inOrder([...index.faults, ...contract.faults], index.files)]),
    suspects: Object.freeze(index.suspects.flatMap((at) => contract.operations[at] ?? [])),
  });
}

function contractOf(
  { index, texts, name, files: read }: Kept,
  settings: ContractSettings,
  making: Making,
): { readonly contract: Contract; readonly schemas: Schemas } {
  const files = filesOf(index, texts);
  const sources = Sources.kept(
    files,
    files.flatMap((file, at) =>
      (index.files[at]?.links ?? []).map((link) => [pathToFileURL(pathOf(link)).href, file] as const),
    ),
  );
  if (index.mayHaveIds) sources.readIds();
  const schemas = new Schemas(
    index.release,
    sources,
    undefined,
    settings.allowUnsafePatterns === true,
    undefined,
    making,
  );
  const log = new FaultLog();
  const reader = new OperationReader({ sources, schemas, release: index.release }, rootPlace(files[0]), new DeafLog());
  const schemes = new Map(index.schemes.map((scheme) => [scheme.name, Object.freeze(scheme)]));
  const basePath = basePathOfSettings(settings, name);
  const securities = index.securities.map((any) => any.map((all) => all.map((need) => needOf(need, schemes))));
  const ownCodes = index.codes.map((codes) => new Set(codes));

  const set = new Set(Object.keys(settings.operations ?? {}));
  const common = switchesOf([settings, index.switches]);
  const drafts = index.operations.map((kept): OperationDraft => {
    const { id, method, path: template, levels, broken } = kept;
    const isCommon = levels === undefined && !set.has(id);
    const place = spotOf(kept.spot, files);
    const findings = new Findings(log);
    findings.broken = broken;
    const source: OperationHead = {
      place,
      file: place.file === files[0] ? undefined : place.file.name,
      method,
      path: template,
      id,
      bases: basePath === undefined ? (index.bases[kept.bases] ?? []) : [basePath],
      switches: isCommon ? common : switchesUnder(settings, id, levels ?? [], index.switches),
      findings,
    };
    let parts: OperationParts | undefined;
    return {
      source,
      security: securities[kept.security] ?? [],
      ownCodes: ownCodes[kept.codes] ?? new Set(),
      spanning: kept.spanning ?? [],
      parts: () => {
        parts ??= reader.readParts({
          ...source,
          place: placeOf(place),
          shared: kept.shared === null ? { ...place, value: undefined } : placeOf(spotOf(kept.shared, files)),
          findings: new Findings(new DeafLog()),
        });
        return parts;
      },
    };
  });
  const parts: DocumentParts = {
    api: Object.freeze(index.api),
    drafts,
    schemes,
    switches: index.switches,
    headerNames: new Set(index.headerNames),
    files: read,
    sources,
    log,
  };
  return { contract: assemble(parts, settings), schemas };
}

/** Where the files of a compiled contract stand for each other; nothing is read from there. */
const folder = resolve('/flick-contract');
const base = `${pathToFileURL(folder).href}/`;

function pathOf(within: string): string {
  return resolve(folder, within);
}

function filesOf({ files, cuts }: CompiledIndex, texts: Buffer): readonly [SourceFile, ...SourceFile[]] {
  let read: unknown;
  const whole = (): unknown => (read ??= joinedBehind(cuts, texts));
  const fileOf = ({ name, path }: KeptFile, at: number): SourceFile => ({
    uri: pathToFileURL(pathOf(path)).href,
    name,
    folder: dirname(pathOf(path)),
    path: undefined,
    get root() {
      return memberOf(memberOf(whole(), 'files'), String(at));
    },
    text: undefined,
    parsed: undefined,
    places: (pointers) => placesOf(pointers, memberOf(memberOf(whole(), 'positions'), String(at))),
  });
  const [first, ...further] = files;
  return [fileOf(first, 0), ...further.map((file, at) => fileOf(file, at + 1))];
}

/** Where pointers stand. One that was not kept has the place of what is around it. */
function placesOf(pointers: Iterable<string>, kept: unknown): Map<string, Position> {
  const found = new Map<string, Position>();
  for (const pointer of pointers) {
    let around = pointer;
    let place = memberOf(kept, around);
    while (place === undefined && around !== '') {
      around = around.slice(0, around.lastIndexOf('/'));
      place = memberOf(kept, around);
    }
    found.set(pointer, { line: Number(memberOf(place, 0) ?? 0), column: Number(memberOf(place, 1) ?? 0) });
  }
  return found;
}

function spotOf([at, pointer]: KeptSpot, files: readonly SourceFile[]): Spot {
  const file = files[at];
  if (file === undefined) throw new Error('the index names a file that is not there');
  return { file, pointer };
}

function placeOf({ file, pointer }: Spot): Place {
  const tokens = pointerTokens(pointer);
  return { file, pointer, value: tokens.reduce<unknown>((value, token) => memberOf(value, token), file.root) };
}

function needOf([name, scopes]: KeptNeed, schemes: ReadonlyMap<string, SecurityScheme>): SecurityNeed {
  const scheme = schemes.get(name);
  if (scheme === undefined) throw new Error('the index names a security scheme that is not there');
  return Object.freeze({ scheme, scopes });
}

/** Faults by file and line, as they are told of a document. */
function inOrder(faults: readonly ContractFault[], files: readonly KeptFile[]): ContractFault[] {
  const rank = new Map(files.map(({ name }, at) => [name, at]));
  const rankOf = ({ file }: ContractFault): number => rank.get(file) ?? 0;
  return faults.toSorted((a, b) => rankOf(a) - rankOf(b) || a.line - b.line || a.column - b.column);
}

/** The first source that is at hand and is not what was compiled. */
function staleSource(sources: readonly KeptSource[], from: string): string | undefined {
  return sources.find((source) => {
    const path = resolve(from, source.path);
    const now = statSync(path, { throwIfNoEntry: false });
    if (now === undefined || !now.isFile()) return false;
    if (now.size !== source.bytes) return true;
    return now.mtimeMs !== source.modifiedMs && digestOf(readFileSync(path)) !== source.sha256;
  })?.path;
}
