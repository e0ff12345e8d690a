import { fileURLToPath } from 'node:url';
import type { Verifier } from '@flick/decide';
import { faultsOf } from './config-faults.ts';
import type { ConfigPath } from './config-file.ts';
import { type Config, configSchema } from './config-schema.ts';
import { checkedSettings, type ServeSettings } from './settings.ts';
import { type ConfigSchema, schemaErrors } from './schema-errors.ts';
import { StartFault } from './start-fault.ts';

type Camel<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;

/** A part of the file's settings as code writes it. Names that the user chose stay as they are. */
type InCode<Part> = Part extends readonly (infer Item)[]
  ? readonly InCode<Item>[]
  : Part extends object
    ? string extends keyof Part
      ? { readonly [Name in keyof Part]: InCode<Part[Name]> }
      : 'env' extends keyof Part
        ? Part | string
        : { readonly [Key in keyof Part as Camel<Key> & string]: InCode<Part[Key]> }
    : Part;

type Block = NonNullable<Config['credentials']>[string];

/**
 * The settings of `flick.yaml`, in code: each key of the file in camel case (`limit_headers` is `limitHeaders`), each
 * value as the file has it, paths relative to the current folder. Two things code can say that the file cannot: a secret
 * may be the text itself, and a verifier may stand in place of its block. `log` is
 * left out (see `onOutcome`), and so is `watch`.
 */
export type CodeSettings = InCode<Omit<Config, 'contract' | 'credentials' | 'handlers' | 'log' | 'watch'>> & {
  /**
   * The OpenAPI document: its path or file URL, or the parsed object, which must not be changed afterwards. Or what a
   * module exports that `flick compile openapi.yaml -o contract.mjs` wrote: for runtimes that make no functions of text.
   */
  readonly contract: string | URL | object;
  /** By the security scheme's name in the contract. */
  readonly credentials?: Readonly<Record<string, InCode<Block> | Verifier>>;
};

const fileOnly = new Set(['contract', 'handlers', 'log', 'watch']);

/** The file's schema with what code may say besides: `value` is how a text that is a secret is carried on. */
const codeSchema: ConfigSchema = ofCode({
  ...configSchema,
  properties: Object.fromEntries(Object.entries(configSchema.properties).filter(([key]) => !fileOnly.has(key))),
});
const keys = keysIn(codeSchema, new Set());
const spell = (key: string): string => (keys.has(key) ? camel(key) : key);

/**
 * Reads settings that stand in code.
 *
 * @param hasHandlers - whether handlers answer, so that no upstream is due
 * @param warn - told, in one line, what goes wrong later with what verifiers stand on
 * @param caller - the function that was called with them, as faults name it
 * @throws StartFault with every fault, one line each
 */
export function readCodeSettings(
  settings: CodeSettings,
  hasHandlers: boolean,
  warn: (line: string) => void,
  caller = 'serve()',
): ServeSettings {
  const { contract, credentials = {}, ...rest } = settings;
  const verifiers = new Map<string, Verifier>();
  const blocks: (readonly [string, unknown])[] = [];
  for (const [scheme, credential] of isMembers(credentials) ? Object.entries(credentials) : []) {
    if (isVerifier(credential)) verifiers.set(scheme, credential);
    else blocks.push([scheme, credential]);
  }
  const misspelt: string[] = [];
  const left = isMembers(credentials) ? Object.fromEntries(blocks) : credentials;
  const hasLeft = !isMembers(credentials) || blocks.length > 0;
  const written = { ...rest, ...(hasLeft && { credentials: left }) };
  const config = ofFile(written, codeSchema, misspelt);
  if (!isConfig(config) || misspelt.length > 0) {
    const messages = [...misspelt, ...faultsOf(schemaErrors(codeSchema, config), spell).map(({ message }) => message)];
    throw new StartFault(messages.map((message) => `${caller}: ${message}`));
  }
  if (contract instanceof URL && contract.protocol !== 'file:') {
    throw new StartFault(
      `${caller}: contract: due is a path, a file URL or a document; found a URL of ${contract.protocol}`,
    );
  }
  const document = contract instanceof URL ? fileURLToPath(contract) : contract;
  // Code has no lines to name.
  const place = (path: ConfigPath): string => `${caller}: ${path.map((step) => spell(String(step))).join('.')}`;
  return checkedSettings({ config, path: '', folder: '.', place, verifiers }, document, {}, hasHandlers, warn);
}

function isConfig(value: unknown): value is Config {
  return schemaErrors(codeSchema, value).length === 0;
}

function isVerifier(value: unknown): value is Verifier {
  const isHolder = typeof value === 'object' || typeof value === 'function';
  return isHolder && value !== null && 'verify' in value && typeof value.verify === 'function';
}

function camel(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Spells keys as the file does. A key that is none keeps its spelling, so that it is found and told. */
function ofFile(value: unknown, node: ConfigSchema | undefined, misspelt: string[]): unknown {
  const properties = node?.properties ?? node?.anyOf?.find((each) => each.properties !== undefined)?.properties;
  if (isSecret(node) && typeof value === 'string') return { value };
  const others = node?.additionalProperties;
  // What has no place here may go on without end.
  if (!isMembers(value) || (properties === undefined && typeof others !== 'object')) return value;
  const named = new Map(Object.entries(properties ?? {}).map(([key, part]) => [camel(key), { key, part }]));
  const config: (readonly [string, unknown])[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const found = named.get(key);
    if (found !== undefined) config.push([found.key, ofFile(member, found.part, misspelt)]);
    else if (properties === undefined) {
      config.push([key, ofFile(member, typeof others === 'object' ? others : undefined, misspelt)]);
    } else if (Object.hasOwn(properties, key)) {
      misspelt.push(`unknown key ${key}, which is how the file spells it; write ${camel(key)}`);
    } else config.push([key, member]);
  }
  // A name may be `__proto__`, which is then a member as any other.
  return Object.fromEntries(config);
}

function ofCode(node: ConfigSchema): ConfigSchema {
  const { properties, additionalProperties: others } = node;
  if (isSecret(node)) {
    const value: ConfigSchema & object = { ...properties?.['env'], title: 'the secret itself' };
    return { ...node, title: 'a text, { env: NAME } or { file: PATH }', properties: { ...properties, value } };
  }
  return {
    ...node,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, ofCode(part)])),
    }),
    ...(typeof others === 'object' && { additionalProperties: ofCode(others) }),
  };
}

function isSecret(node: ConfigSchema | undefined): boolean {
  return node?.properties?.['env'] !== undefined && node.properties['file'] !== undefined;
}

function keysIn(node: ConfigSchema, found: Set<string>): ReadonlySet<string> {
  for (const [key, part] of Object.entries(node.properties ?? {})) {
    found.add(key);
    keysIn(part, found);
  }
  if (typeof node.additionalProperties === 'object') keysIn(node.additionalProperties, found);
  for (const branch of node.anyOf ?? []) keysIn(branch, found);
  return found;
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
