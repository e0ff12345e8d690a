import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble, type ContractSettings } from './assembly.ts';
import { makeChecks } from './compiled.ts';
import { digestOf, encodeCompiled, isCompiledFile } from './compiled-file.ts';
import { encodeModule } from './compiled-module.ts';
import type { CompiledIndex, KeptFile, KeptNeed, KeptOperation, KeptSource, KeptSpot } from './compiled-index.ts';
import { ContractError } from './contract-error.ts';
import { readDocument } from './document.ts';
import { lineCounter } from './document-text.ts';
import type { Spot } from './faults.ts';
import { type Cuts, cut, unlikeJson } from './lazy-json.ts';
import type { Contract, ContractFault, Operation, SecurityNeed } from './model.ts';
import { isModuleName } from './module-name.ts';
import { isMembers, type Members, memberOf, pointerAt } from './pointer.ts';
import { type SourceFile, Sources } from './sources.ts';

/** A contract, compiled. */
export interface CompiledContract {
  readonly bytes: Buffer;
  /** The operations, in document order. */
  readonly operations: readonly Operation[];
  /** All that is wrong with the document, validators that do not compile included. */
  readonly faults: readonly ContractFault[];
}

/**
 * Compiles an OpenAPI document to a file that `readContract` reads in a fraction of the time: with its faults found,
 * its operations listed, and the rest cut into pieces that are read when they are asked for. Settings are none of it.
 *
 * Where `output` ends as a module of JavaScript does, to one whose export `contractFrom` takes, with the code of the
 * checks that these settings ask for.
 *
 * @param path - of the document, as the user named it
 * @param output - where the file is to be: what it says of its sources is relative to there
 * @throws ContractError where the document cannot be read or cannot be kept so
 */
export function compileContract(path: string, output: string, settings: ContractSettings = {}): CompiledContract {
  if (isCompiledFile(path)) throw new ContractError('is a compiled contract already; name the OpenAPI document', path);
  const sources = Sources.open(path);
  const parts = readDocument(sources, {});
  const { files } = sources;
  for (const file of files) refuseUnlikeJson(file);

  // What depends on settings comes later: the start finds it again.
  const faults = parts.log.take();
  const broken = parts.operations.map(({ findings }) => findings.broken);
  const contract = assemble(parts, {});
  const { late, inResponses, suspects } = warmed(contract);
  const places = parts.operations.map(({ place }) => place);
  const positions = files.map((file) => positionsIn(file, [...faults, ...late, ...inResponses], places));

  const texts: Buffer[] = [];
  const bases = new Lists<readonly string[]>();
  const securities = new Lists<readonly (readonly KeptNeed[])[]>();
  const codes = new Lists<readonly number[]>();
  const spotOf = ({ file, pointer }: Spot): KeptSpot => [files.indexOf(file), pointer];
  const operations = parts.operations.map((source, at): KeptOperation => {
    const draft = parts.drafts[at];
    const why = broken[at];
    return {
      id: source.id,
      method: source.method,
      path: source.path,
      spot: spotOf(source.place),
      shared: source.shared.value === undefined ? null : spotOf(source.shared),
      bases: bases.place(source.bases),
      security: securities.place((draft?.security ?? []).map((needs) => needs.map(keptNeed))),
      codes: codes.place([...(draft?.ownCodes ?? [])]),
      ...(source.levels.some((level) => Object.keys(level).length > 0) && { levels: source.levels }),
      ...(draft !== undefined && draft.spanning.length > 0 && { spanning: draft.spanning }),
      ...(why !== undefined && { broken: why }),
    };
  });
  const [first, ...further] = files.map((file) => keptFile(file, sources));
  if (first === undefined) throw new Error('a contract has one file at least');
  const folder = realFolderOf(output);
  const cuts: Cuts = {
    files: Object.fromEntries(files.map(({ root }, at) => [at, cutDocument(root, texts)])),
    positions: Object.fromEntries(positions.map((each, at) => [at, cut(each, 0, texts)])),
  };
  const cutsText = Buffer.from(JSON.stringify(cuts));
  const index: CompiledIndex = {
    api: parts.api,
    release: parts.release,
    switches: parts.switches,
    schemes: [...parts.schemes.values()],
    headerNames: [...parts.headerNames],
    files: [first, ...further],
    mayHaveIds: sources.mayHaveIds,
    cuts: cutsText.length,
    bases: bases.all,
    securities: securities.all,
    codes: codes.all,
    operations,
    suspects,
    faults,
    sources: files.map((file) => keptSource(file, folder)),
  };
  const behind = Buffer.concat([cutsText, ...texts]);
  const bytes = isModuleName(output)
    ? moduleBytes(first.name, { ...index, sources: [] }, behind, settings)
    : encodeCompiled(index, behind);
  return { bytes, operations: contract.operations, faults: [...faults, ...contract.faults, ...late] };
}

/** Where a module runs, nobody can look whether its sources have changed. */
function moduleBytes(name: string, index: CompiledIndex, texts: Buffer, settings: ContractSettings): Buffer {
  return Buffer.from(encodeModule(basename(name), index, texts, makeChecks(index, texts, name, settings)));
}

/** What compiling all validators of a contract has told. */
interface Warmed {
  readonly late: readonly ContractFault[];
  /** Of validators of answers: a start does not report them, but who asks for them is told where they stand. */
  readonly inResponses: readonly ContractFault[];
  /** The places of the operations that do not compile. */
  readonly suspects: readonly number[];
}

function warmed(contract: Contract): Warmed {
  const late: ContractFault[] = [];
  const inResponses: ContractFault[] = [];
  const suspects: number[] = [];
  for (const [at, operation] of contract.operations.entries()) {
    const wasBroken = operation.broken !== undefined;
    const fault = contract.warm(operation);
    // A fault that several operations share is told once, and breaks them all.
    if (operation.broken !== undefined && !wasBroken) suspects.push(at);
    if (fault !== undefined) late.push(fault);
    const other = contract.warm(operation, 'responses');
    if (other !== undefined) inResponses.push(other);
  }
  return { late, inResponses, suspects };
}

/** Lists of which many are the same. */
class Lists<List> {
  readonly all: List[] = [];
  readonly #places = new Map<string, number>();

  place(list: List): number {
    const key = JSON.stringify(list);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.all.push(list) - 1;
      this.#places.set(key, place);
    }
    return place;
  }
}

function keptNeed({ scheme, scopes }: SecurityNeed): KeptNeed {
  return [scheme.name, scopes];
}

function keptFile(file: SourceFile, { links, root: { folder = '' } }: Sources): KeptFile {
  const { name, uri } = file;
  const within = (each: string): string => relative(folder, fileURLToPath(each)).split(sep).join('/');
  const own = [...links].filter(([, target]) => target === file).map(([link]) => within(link));
  // The document itself may be a symbolic link that leads out of its folder.
  const path = within(uri);
  return { name, path: path.startsWith('../') ? basename(path) : path, links: own };
}

/** What is used by itself is cut by itself: paths, and each of the components. */
function cutDocument(root: unknown, texts: Buffer[]): Cuts {
  if (!isMembers(root)) return cut(root, 0, texts);
  const depths = new Map([
    ['paths', 1],
    ['components', 2],
  ]);
  return Object.fromEntries(
    Object.entries(root).map(([name, value]) => [name, cut(value, depths.get(name) ?? 0, texts)]),
  );
}

type Positions = Readonly<Record<string, readonly [line: number, column: number]>>;

/** Where things stand that a fault may be found in later: paths, operations, components. */
function positionsIn(file: SourceFile, faults: readonly ContractFault[], spots: readonly Spot[]): Positions {
  const pointers = spots.filter((spot) => spot.file === file).map(({ pointer }) => pointer);
  for (const each of ['', '/paths', '/servers', '/info', '/components']) pointers.push(each);
  const components = memberOf(file.root, 'components');
  for (const path of Object.keys(membersOf(memberOf(file.root, 'paths')))) pointers.push(pointerAt('/paths', path));
  for (const [kind, all] of Object.entries(membersOf(components))) {
    const above = pointerAt('/components', kind);
    for (const name of Object.keys(membersOf(all))) pointers.push(pointerAt(above, name));
  }
  const lineOf = lineCounter(file.text ?? '');
  const found = [...(file.parsed?.offsets(pointers) ?? [])].map(([pointer, offset]) => {
    const { line, column } = lineOf(offset);
    return [pointer, [line, column]] as const;
  });
  const known = faults.filter((fault) => fault.file === file.name);
  return Object.fromEntries([
    ...found,
    ...known.map(({ pointer, line, column }) => [pointer, [line, column]] as const),
  ]);
}

function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {};
}

/** One that is not there will be seen when the file is written. */
function realFolderOf(output: string): string {
  const folder = dirname(resolve(output));
  return existsSync(folder) ? realpathSync(folder) : folder;
}

function keptSource({ path = '' }: SourceFile, folder: string): KeptSource {
  const bytes = readFileSync(path);
  return {
    path: relative(folder, path).split(sep).join('/'),
    bytes: bytes.length,
    modifiedMs: statSync(path).mtimeMs,
    sha256: digestOf(bytes),
  };
}

function refuseUnlikeJson({ name, root, text, parsed }: SourceFile): void {
  const tokens = unlikeJson(root);
  if (tokens === undefined) return;
  const pointer = tokens.reduce(pointerAt, '');
  const { line, column } = lineCounter(text ?? '')(parsed?.offsets([pointer]).get(pointer) ?? 0);
  const sentence = 'a value here is none of JSON, such as a date or an infinite number; write it as text to compile it';
  throw new ContractError(sentence, name, line, column);
}
