import { didYouMean } from '@flick/contract';
import type { ConfigPath } from './config-file.ts';
import { printable } from './printable.ts';
import type { SchemaError } from './schema-errors.ts';

/** One fault of settings. */
interface Fault {
  readonly path: ConfigPath;
  readonly on: 'key' | 'value';
  readonly message: string;
}

/**
 * Tells what is wrong with settings, each fault once.
 *
 * @param spell - a key as the user writes it
 */
export function faultsOf(errors: readonly SchemaError[], spell: (key: string) => string): readonly Fault[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const misspelt = new Set(
    errors.filter(({ keyword }) => keyword === 'additionalProperties').map(({ instancePath }) => instancePath),
  );
  const faults = new Map<string, Fault>();
  for (const error of errors) {
    // Why no branch of a choice fits says less than what the choice is, but for the one that must have been meant.
    if (choices.some((choice) => isWithin(choice, error) && !isOfMeant(choice, error))) continue;
    if (meantBranch(error) !== undefined) continue;
    // The key that is missing is most likely the one that was misspelt.
    if (isAboutPresence(error) && misspelt.has(error.instancePath)) continue;
    const fault = describe(error, spell);
    const key = JSON.stringify([fault.path, fault.on]);
    if (!faults.has(key)) faults.set(key, fault);
  }
  return [...faults.values()];
}

function isWithin(choice: SchemaError, { schemaPath, instancePath }: SchemaError): boolean {
  return schemaPath.startsWith(`${choice.schemaPath}/`) && instancePath.startsWith(choice.instancePath);
}

function isOfMeant(choice: SchemaError, { schemaPath }: SchemaError): boolean {
  const branch = meantBranch(choice);
  return branch !== undefined && schemaPath.startsWith(`${choice.schemaPath}/${branch}/`);
}

/** The one branch of a choice that takes a block, where a block came, or the one that takes a list. */
function meantBranch({ keyword, schema, data }: SchemaError): number | undefined {
  if (keyword !== 'anyOf' || !Array.isArray(schema)) return undefined;
  const type = Array.isArray(data) ? 'array' : isRecord(data) ? 'object' : undefined;
  const fitting = schema.flatMap((branch, index) => (isRecord(branch) && branch['type'] === type ? [index] : []));
  return type === undefined || fitting.length > 1 ? undefined : fitting[0];
}

function isAboutPresence({ keyword }: SchemaError): boolean {
  return keyword === 'required' || keyword === 'oneOf' || keyword === 'minProperties';
}

function describe(error: SchemaError, spell: (key: string) => string): Fault {
  const path = pointerPath(error.instancePath);
  const schema = error.parentSchema;
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty']);
    const known = Object.keys(schema.properties ?? {}).map(spell);
    const near = didYouMean(key, known);
    const mend = near === '' && known.length <= 12 ? `; known here: ${known.join(', ')}` : near;
    return {
      path: [...path, key],
      on: 'key',
      message: `${dotted(path, spell)}unknown key ${printable(key, 60)}${mend}`,
    };
  }
  if (error.keyword === 'required') {
    const missing = spell(String(error.params['missingProperty']));
    return { path, on: 'key', message: `${dotted(path, spell)}${missing} is missing` };
  }
  const near = error.keyword === 'enum' ? nearEntry(error.data, error.params['allowedValues']) : '';
  return {
    path,
    on: 'value',
    message: `${dotted(path, spell)}due is ${schema.title ?? 'another value'}; found ${kindOf(error.data)}${near}`,
  };
}

function nearEntry(data: unknown, allowed: unknown): string {
  return typeof data === 'string' && Array.isArray(allowed) ? didYouMean(data, allowed.map(String)) : '';
}

/** What a value is, never the value itself: it may be a secret at a wrong place. */
function kindOf(data: unknown): string {
  if (data === null) return 'nothing';
  if (Array.isArray(data)) return data.length === 0 ? 'an empty list' : 'a list';
  if (typeof data === 'object') return Object.keys(data).length === 0 ? 'an empty map' : 'a map';
  if (typeof data === 'string') return data === '' ? 'an empty text' : `a text of ${data.length} characters`;
  return typeof data === 'boolean' ? 'true or false' : 'a number';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pointerPath(pointer: string): ConfigPath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `timeouts.headers: `, the way a key is spoken of. */
function dotted(path: ConfigPath, spell: (key: string) => string): string {
  return path.length === 0 ? '' : `${printable(path.map((step) => spell(String(step))).join('.'), 120)}: `;
}
