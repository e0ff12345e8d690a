import { lineCounter } from './document-text.ts';
import type { ContractFault } from './model.ts';
import type { Position } from './positions.ts';
import type { Place, SourceFile } from './sources.ts';

/** Where a fault stands; a place without its value. */
export type Spot = Pick<Place, 'file' | 'pointer'>;

type Severity = ContractFault['severity'];

interface Entry {
  readonly message: string;
  readonly spot: Spot;
  readonly offset: number | undefined;
  severity: Severity;
}

/** How many warnings are kept: a large document may have one in each schema, and nobody reads more. */
export const maxWarnings = 10_000;

/** Gathers faults, each once; the graver severity stands. */
export class FaultLog {
  readonly #entries = new Map<string, Entry>();
  #isCut = false;

  /** @param offset - in characters, where it is known; else the pointer is looked up */
  add(severity: Severity, spot: Spot, message: string, offset?: number): void {
    const key = `${spot.file.uri}#${spot.pointer} ${message}`;
    const known = this.#entries.get(key);
    if (known === undefined) this.#addNew(key, { severity, spot, message, offset });
    else if (severity === 'error') known.severity = 'error';
  }

  #addNew(key: string, entry: Entry): void {
    if (entry.severity === 'error' || this.#entries.size < maxWarnings) this.#entries.set(key, entry);
    else if (!this.#isCut) {
      this.#isCut = true;
      const message = `there are more than ${maxWarnings.toLocaleString('en')} faults and further warnings are left out; mend these first`;
      this.#entries.set(key, { ...entry, message });
    }
  }

  /** What was gathered, by file and line, with the lines looked up. The log is empty afterwards. */
  take(): ContractFault[] {
    const byFile = new Map<SourceFile, Entry[]>();
    for (const entry of this.#entries.values()) {
      const entries = byFile.get(entry.spot.file);
      if (entries === undefined) byFile.set(entry.spot.file, [entry]);
      else entries.push(entry);
    }
    this.#entries.clear();
    this.#isCut = false;
    return [...byFile].flatMap(([file, entries]) => {
      if (file.places !== undefined) return faultsAt(entries, file.places(entries.map((entry) => entry.spot.pointer)));
      const offsets = file.parsed?.offsets(entries.map((entry) => entry.spot.pointer));
      const positionOf = file.text === undefined ? undefined : lineCounter(file.text);
      const placed = entries.map((entry) => ({
        entry,
        offset: entry.offset ?? offsets?.get(entry.spot.pointer) ?? 0,
      }));
      return placed
        .toSorted((a, b) => a.offset - b.offset)
        .map(({ entry, offset }) => faultOf(entry, positionOf?.(offset)));
    });
  }
}

/** Entries of a file whose text is not at hand. */
function faultsAt(entries: readonly Entry[], places: ReadonlyMap<string, Position>): ContractFault[] {
  return entries
    .map((entry) => faultOf(entry, places.get(entry.spot.pointer)))
    .toSorted((one, other) => one.line - other.line || one.column - other.column);
}

/** Hears of faults that are known already. */
export class DeafLog extends FaultLog {
  override add(): void {}
}

function faultOf({ severity, message, spot }: Entry, { line, column } = { line: 0, column: 0 }): ContractFault {
  return Object.freeze({ severity, message, file: spot.file.name, line, column, pointer: spot.pointer });
}

/** What one part of a document was found to be: whether it can be served, and which schemas it stands on. */
export class Findings {
  readonly #log: FaultLog;
  readonly #harmless: boolean;
  /** Why the operation that uses this part cannot be served; the first reason. */
  broken: string | undefined;
  /** The schemas that requests are judged by. */
  readonly schemas: Place[] = [];

  /** @param harmless - for parts that no request is judged by: their errors are warnings */
  constructor(log: FaultLog, harmless = false) {
    this.#log = log;
    this.#harmless = harmless;
  }

  /** Findings of a part of their own, to be adopted by each that uses it. */
  part(): Findings {
    return new Findings(this.#log, this.#harmless);
  }

  error(spot: Spot, message: string): void {
    if (this.#harmless) {
      this.warn(spot, message);
      return;
    }
    this.#log.add('error', spot, message);
    this.broken ??= message;
  }

  warn(spot: Spot, message: string): void {
    this.#log.add('warning', spot, message);
  }

  adopt(part: Findings): void {
    this.broken ??= part.broken;
    for (const schema of part.schemas) this.schemas.push(schema);
  }
}
