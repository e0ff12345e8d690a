import type { Document } from 'yaml';
import { ContractError } from './contract-error.ts';
import { duplicatesInJson, offsetsInJson } from './json-text.ts';
import { offsetsInYaml, parseYaml, YamlError } from './yaml-text.ts';

/** Something odd in the text itself that does not keep it from being read. */
export interface Defect {
  readonly message: string;
  readonly pointer: string;
  /** Characters from the start of the text. */
  readonly offset: number;
}

/** A document as text, parsed. */
export interface DocumentText {
  readonly value: unknown;
  readonly defects: readonly Defect[];
  /** Offsets of pointers, in characters from the start of the text. */
  readonly offsets: (pointers: Iterable<string>) => ReadonlyMap<string, number>;
  /** Lets go of the nodes of a YAML text; the next `offsets` parses it again. */
  readonly release: () => void;
}

/** Tells line and column of offsets in a text, both counted from 1. */
export function lineCounter(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/**
 * Parses JSON, and what is not JSON as YAML.
 *
 * @param text - without byte order mark
 * @throws ContractError where it is neither
 */
export function parseText(text: string, name: string): DocumentText {
  const json = parseJson(text);
  if (json !== undefined) {
    return {
      value: json.value,
      defects: duplicatesInJson(text),
      offsets: (pointers) => offsetsInJson(text, pointers),
      release: () => undefined,
    };
  }
  try {
    const yaml = parseYaml(text);
    let document: Document | undefined = yaml.document;
    return {
      value: yaml.value,
      defects: yaml.defects,
      offsets: (pointers) => {
        const nodes = document ?? parseYaml(text).document;
        document = nodes;
        return offsetsInYaml(nodes, pointers);
      },
      release: () => {
        document = undefined;
      },
    };
  } catch (error) {
    const { line, column } = lineCounter(text)(error instanceof YamlError ? error.offset : 0);
    const cause = error instanceof YamlError ? error.message : 'it nests too deep';
    throw new ContractError(`is neither JSON nor YAML: ${cause}`, name, line, column);
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  // Most YAML cannot be JSON, by its first character.
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
