import type { MadeChecks } from '@flick/schema';
import type { CompiledIndex } from './compiled-index.ts';
import { isMembers } from './pointer.ts';
import type { MadeCode } from './schemas.ts';
import { version } from './version.ts';

/*
 * A compiled contract as a module of JavaScript, for runtimes that make no functions of text and have no disk: what the
 * file of a compiled contract holds, as two texts, and the code of its checks. It imports nothing.
 */

/** Counted up with each change to what a module holds, or to what is handed to its code. */
export const moduleFormat = 1;

/** What the module of a compiled contract exports as its default. */
export interface CompiledModule {
  /** The format. */
  readonly flickContract: number;
  /** Of Flick. */
  readonly version: string;
  /** JSON. */
  readonly index: string;
  readonly texts: string;
  /** How many bytes of UTF-8 the texts have. */
  readonly bytes: number;
  /** By the keys of readers. */
  readonly checks: Readonly<Record<string, MadeChecks>>;
}

/** What a module of a compiled contract exports, be it given as a whole or by its default alone. */
export function compiledModuleOf(value: object): CompiledModule | undefined {
  const exported = 'default' in value ? value.default : value;
  return isCompiledModule(exported) ? exported : undefined;
}

/** Whether nothing of a module is missing, as far as that is soon told. Whoever changes it by hand is to hear of it. */
export function isWholeModule({ index, texts, bytes, checks }: Unread): boolean {
  return (
    typeof index === 'string' &&
    typeof texts === 'string' &&
    Buffer.byteLength(texts) === bytes &&
    isMembers(checks) &&
    Object.values(checks).every(isMembers)
  );
}

type Unread = { readonly [Part in keyof CompiledModule]: unknown };

function isCompiledModule(value: unknown): value is CompiledModule {
  return isMembers(value) && typeof value['flickContract'] === 'number';
}

/**
 * Writes the module.
 *
 * @param document - what it is made of, as its first line calls it
 */
export function encodeModule(document: string, index: CompiledIndex, texts: Buffer, code: MadeCode): string {
  const lines = [
    `// Made of ${document.replaceAll(/[^ -~]/g, '?')} by flick compile; to change it, compile again.`,
    'export default {',
    `flickContract: ${moduleFormat},`,
    `version: ${quoted(version)},`,
    `index: ${quoted(JSON.stringify(index))},`,
    `texts: ${quoted(texts.toString())},`,
    `bytes: ${texts.length},`,
    'checks: {',
  ];
  for (const [reader, checks] of code) {
    lines.push(`${quoted(reader)}: {`);
    for (const [key, check] of checks) lines.push(`${quoted(key)}: ${check},`);
    lines.push('},');
  }
  lines.push('},', '};', '');
  return lines.join('\n');
}

/** A text of JSON needs fewer escapes in single quotes than JSON has. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/[\\'\n\r\u2028\u2029]/g, (char) => escapes[char] ?? char);
  return `'${escaped}'`;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};
