import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Verifier } from '@flick/decide';
import type { Document, YAMLParseError, YAMLWarning } from 'yaml';
import type * as YamlModule from 'yaml';
import { type Config, configSchema } from './config-schema.ts';
import { faultsOf } from './config-faults.ts';
import { printable } from './printable.ts';
import { schemaErrors } from './schema-errors.ts';
import { StartFault, systemReason } from './start-fault.ts';

/** Loaded for the first file. */
function yaml(): typeof YamlModule {
  const load: (name: 'yaml') => typeof YamlModule = createRequire(import.meta.url);
  return load('yaml');
}

/** Keys and indexes from the top of the file to one of its values. */
export type ConfigPath = readonly (string | number)[];

/** A config file that holds to its schema. */
export interface ConfigFile {
  readonly config: Config;
  /** As the user named it; a file that is not there where nobody named one. */
  readonly path: string;
  /** The folder that paths in it are relative to. */
  readonly folder: string;
  /**
   * `flick.yaml:12:3: timeouts.headers`, for a fault at that value; the place is of the nearest value above where it has
   * none.
   */
  readonly place: (path: ConfigPath) => string;
  /** Verifiers made by whoever embeds Flick, by the security scheme's name. */
  readonly verifiers?: ReadonlyMap<string, Verifier>;
}

/**
 * Reads a config file.
 *
 * @param path - as the user named it, which is how faults name it
 * @throws StartFault with every fault of the file, one line each
 */
export function readConfigFile(path: string): ConfigFile {
  const text = readText(path);
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  // What goes wrong after the first is most often wrong because of it.
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw new StartFault(`${placeAt(broken.pos[0])}: ${describeBroken(broken)}`);
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch {
    throw new StartFault(`${path}: an alias has no anchor before it, or expands to too much; write the values out`);
  }
  if (!isConfig(value)) {
    const faults = faultsOf(schemaErrors(configSchema, value), String)
      .map((fault) => ({ offset: offsetOf(document, fault.path, fault.on), message: fault.message }))
      .toSorted((one, other) => one.offset - other.offset);
    throw new StartFault(faults.map(({ offset, message }) => `${placeAt(offset)}: ${message}`));
  }
  return {
    config: value,
    path,
    folder: dirname(path),
    place: (at) => `${placeAt(offsetOf(document, at, 'value'))}: ${at.join('.')}`,
  };
}

function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) throw new StartFault(`${path}: is not UTF-8 text; save it as UTF-8`);
    throw new StartFault(`${path}: cannot be read: ${systemReason(error)}`);
  }
}

function describeBroken({ code, message }: YAMLParseError | YAMLWarning): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; due is one';
  // What follows a colon quotes the file, which may hold a secret at a wrong place.
  return `not YAML: ${printable(message.replace(/: .*/s, ''))}`;
}

function isConfig(value: unknown): value is Config {
  return schemaErrors(configSchema, value).length === 0;
}

function offsetOf(document: Document.Parsed, path: ConfigPath, on: 'key' | 'value'): number {
  const { isMap, isNode, isScalar, isSeq } = yaml();
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return offset;
      const at = last && on === 'value' && isNode(pair.value) ? pair.value : pair.key;
      if (isNode(at)) offset = at.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
