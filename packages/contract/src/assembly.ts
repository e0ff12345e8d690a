import { ContractError } from './contract-error.ts';
import type { FaultLog } from './faults.ts';
import type { Contract, ContractFault, Operation, SecurityScheme, Switches } from './model.ts';
import { didYouMean } from './nearest.ts';
import { type BuiltOperation, buildOperation, type OperationDraft } from './operations.ts';
import { basePathOf } from './servers.ts';
import type { Sources } from './sources.ts';
import { type SwitchSettings, switchesOf } from './switches.ts';
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

/** What is known of a document, as it was read or as it was kept: all that a contract is made of beside settings. */
export interface DocumentParts {
  readonly api: Contract['api'];
  readonly drafts: readonly OperationDraft[];
  readonly schemes: ReadonlyMap<string, SecurityScheme>;
  /** Those that the document itself sets. */
  readonly switches: SwitchSettings;
  readonly headerNames: ReadonlySet<string>;
  /** Absolute. */
  readonly files: readonly string[];
  readonly sources: Sources;
  /** Gathers what is wrong with it. */
  readonly log: FaultLog;
}

/**
 * Makes the contract.
 *
 * @throws ContractError where the settings name an operation that the document does not have
 */
export function assemble(parts: DocumentParts, settings: ContractSettings): Contract {
  const { api, drafts, schemes, headerNames, files, sources, log } = parts;
  checkNames(settings, drafts, sources.root.name);
  const reached = reachableTemplates(drafts);
  const built = drafts.map((draft, index) => buildOperation(draft, reached[index] ?? [], draft.source.findings.broken));
  const faults = Object.freeze(log.take());
  sources.release();
  return Object.freeze({
    api,
    table: createTable(settings.codes),
    operations: Object.freeze(built.map(({ operation }) => operation)),
    schemes,
    switches: switchesOf([settings, parts.switches]),
    faults,
    files: Object.freeze(files),
    missing: Object.freeze([...sources.missing]),
    headerNames,
    ...warmers(built, sources, log),
  });
}

/**
 * The base path that settings name.
 *
 * @throws ContractError where it can be none
 */
export function basePathOfSettings({ basePath }: ContractSettings, document: string): string | undefined {
  if (basePath === undefined) return undefined;
  const path = basePathOf(basePath);
  if (path !== undefined) return path;
  throw new ContractError(`cannot be served below the base path "${basePath}"; write one such as /v1`, document);
}

/** An operation's switches: as the settings say for it, the document at its levels, the settings for all, the document. */
export function switchesUnder(
  settings: ContractSettings,
  id: string,
  levels: readonly SwitchSettings[],
  document: SwitchSettings,
): Switches {
  const { operations } = settings;
  const set = operations !== undefined && Object.hasOwn(operations, id) ? operations[id] : undefined;
  return switchesOf([set ?? {}, ...levels, settings, document]);
}

/** Settings for an operation that is not there would be lost in silence. */
function checkNames(settings: ContractSettings, drafts: readonly OperationDraft[], document: string): void {
  if (settings.operations === undefined) return;
  const ids = new Set(drafts.map((draft) => draft.source.id));
  const unknown = Object.keys(settings.operations).find((id) => !ids.has(id));
  if (unknown === undefined) return;
  const mend = didYouMean(unknown, ids) || '; write an operationId of the document';
  throw new ContractError(`has no operation "${unknown}", which the settings name${mend}`, document);
}

/**
 * The full templates of each operation, without those that an earlier operation of the same method takes already: no
 * request would reach them.
 */
function reachableTemplates(drafts: readonly OperationDraft[]): string[][] {
  const takers = new Map<string, OperationDraft>();
  const textOf = once((path) => readTemplate(path).text);
  const likeOf = once(sameTemplate);
  return drafts.map((draft) => {
    const { source } = draft;
    const text = textOf(source.path);
    const templates = [...new Set(source.bases.map((base) => base + text))];
    let rival: OperationDraft | undefined;
    const reached = templates.filter((template) => {
      const key = `${source.method} ${likeOf(template)}`;
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

/** Most paths have several operations, and a start has little time. */
function once(make: (text: string) => string): (text: string) => string {
  const made = new Map<string, string>();
  return (text) => {
    let result = made.get(text);
    if (result === undefined) {
      result = make(text);
      made.set(text, result);
    }
    return result;
  };
}

/** Makes what warms a contract. */
function warmers(
  built: readonly BuiltOperation[],
  sources: Sources,
  log: FaultLog,
): Pick<Contract, 'warm' | 'warmFor'> {
  const byOperation = new Map<Operation, BuiltOperation>(built.map((each) => [each.operation, each]));
  const reported = new Set<string>();
  const warm = (operation: Operation, which: 'requests' | 'responses' = 'requests'): ContractFault | undefined => {
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
  return { warm, warmFor: (operation, which, ms) => byOperation.get(operation)?.compileFor(which, ms) !== false };
}
