import type { SourceCode } from 'ajv/dist/types/index.js';
import type { Lowered } from './lowered.ts';
import type { Fuse, Validate } from './verdict.ts';

/** What the code of a check is handed. The names are in files that users keep: another name is another format. */
export interface CheckKit {
  readonly fuse: Fuse;
  readonly formats: Readonly<Record<string, { readonly validate: (value: never) => boolean }>>;
  /** The engine of a pattern. */
  readonly patterns: (source: string) => { readonly test: (text: string) => boolean };
  /** What stands for the entry that a `$ref` leads to. */
  readonly link: (id: string) => { readonly validate: Validate };
  readonly memberTest: (values: readonly unknown[]) => (value: unknown) => boolean;
  readonly allUnique: (items: readonly unknown[]) => boolean;
  readonly isMultipleOf: (value: number, factor: number) => boolean;
  readonly codePoints: (text: string) => number;
}

/** A check as code that was made ahead, by what it stands on and the schema that it was made of, lowered again. */
export type CheckCode = (kit: CheckKit, schema: Lowered | boolean) => Validate;

/** Ajv's own way to say where its counting of characters is found. */
const countsCharacters = /^require\(.*ucs2length.*\)\.default$/;

/** Writes what Ajv has compiled as the source text of a `CheckCode`. */
export function codeOf({ source, schema }: { readonly source?: SourceCode; readonly schema: unknown }): string {
  if (source === undefined) throw new Error('the source was not kept');
  const lines: string[] = [];
  for (const names of Object.values(source.scopeValues)) {
    for (const { str, value } of names ?? []) {
      if (value?.ref === schema) lines.push(`const ${str}=schema;`);
    }
  }
  for (const names of Object.values(source.scopeValues)) {
    for (const { str, value } of names ?? []) {
      if (value?.ref === schema) continue;
      const code = String(value?.code ?? '');
      if (code === '') throw new Error(`${str} has no code`);
      lines.push(`const ${str}=${countsCharacters.test(code) ? 'kit.codePoints' : code};`);
    }
  }
  return `(kit,schema)=>{${lines.join('')}${source.validateCode}return ${String(source.validateName)}}`;
}
