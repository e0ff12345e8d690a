export type * from './check.ts';
export { type Compiler, type CompilerOptions, createCompiler } from './compiler.ts';
export { SchemaError } from './schema-error.ts';
export type { MadeChecks } from './made-judges.ts';
