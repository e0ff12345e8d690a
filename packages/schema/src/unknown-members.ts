import type { Entries, Entry } from './entry.ts';
import { inPlace, type Lowered, type LoweredSchema } from './lowered.ts';

/**
 * Closes an object location whose schema names members and is silent on others. At the outermost schema of the
 * location, so that all schemas beside it have their say; one that lets further members come still does.
 *
 * @param entry where the schema stands
 * @param closedTwin makes an entry that closes the object of another
 */
export function closeMembers(
  schema: Lowered,
  entry: Entry,
  entries: Entries,
  closedTwin: (entry: Entry) => Entry,
): void {
  if (schema.unevaluatedProperties !== undefined || schema.additionalProperties !== undefined) return;
  const namesMembers = someInPlace([schema], entries, ({ properties }) => properties !== undefined);
  if (!namesMembers || isBase(schema, entries)) return;
  // One schema alone needs no account of what others named, which compiled checks do not keep.
  const target = Object.keys(schema).length === 1 ? entries.get(schema.$ref ?? '') : undefined;
  if (typeof target?.schema === 'object' && standsAlone(target.schema)) {
    if (target.schema.additionalProperties !== undefined) return;
    const twin = closedTwin(target);
    schema.$ref = twin.id;
    entry.uses.add(twin);
  } else if (standsAlone(schema)) schema.additionalProperties = false;
  else {
    schema.unevaluatedProperties = false;
    entry.isWalked = true;
  }
}

function standsAlone(schema: Lowered): boolean {
  return schema.$ref === undefined && schema.unevaluatedProperties === undefined && inPlace(schema).length === 0;
}

/** Lets members come where the branch that holds is free-form, or a base whose members stand elsewhere. */
export function openBranches(branches: readonly LoweredSchema[], entries: Entries): void {
  for (const branch of branches) {
    if (typeof branch === 'object' && (isBase(branch, entries) || isFreeForm(branch, entries))) {
      branch.additionalProperties ??= true;
    }
  }
}

/** Whether one of the branches refuses less than the document does: then two of them may hold where one was meant. */
export function areLoosened(branches: readonly LoweredSchema[], entries: Entries): boolean {
  return someInPlace(branches, entries, ({ loosened }) => loosened === true);
}

/** Whether one of all schemas that judge the same value passes a test. */
function someInPlace(schemas: readonly LoweredSchema[], entries: Entries, test: (schema: Lowered) => boolean): boolean {
  const pending = new Set(schemas);
  for (const schema of pending) {
    if (typeof schema === 'boolean') continue;
    if (test(schema)) return true;
    for (const beside of inPlace(schema)) pending.add(beside);
    const target = schema.$ref === undefined ? undefined : entries.get(schema.$ref)?.schema;
    if (target !== undefined) pending.add(target);
  }
  return false;
}

function isBase(schema: Lowered, entries: Entries): boolean {
  const core = coreOf(schema, entries);
  return typeof core === 'object' && core.base === true;
}

function isFreeForm(schema: Lowered, entries: Entries): boolean {
  const core = coreOf(schema, entries);
  if (typeof core === 'boolean') return core;
  const says = Object.keys(core).filter((keyword) => keyword !== 'type' && keyword !== 'minProperties');
  return says.length === 0 && (core.type === undefined || core.type.includes('object'));
}

/** Looks through wrappers that add nothing but a type or null: `{ allOf: [{ $ref }] }`. */
function coreOf(schema: LoweredSchema, entries: Entries): LoweredSchema {
  const passed = new Set<LoweredSchema>();
  let core = schema;
  while (typeof core === 'object' && !passed.has(core)) {
    passed.add(core);
    const [only, ...more] = Object.keys(core).filter((keyword) => keyword !== 'type');
    if (more.length > 0) return core;
    const inner: LoweredSchema | undefined =
      only === '$ref'
        ? entries.get(core.$ref ?? '')?.schema
        : only === 'allOf'
          ? soleOf(core.allOf)
          : nonNullOf(core.anyOf);
    if (inner === undefined) return core;
    core = inner;
  }
  return core;
}

function soleOf(schemas: readonly LoweredSchema[] | undefined): LoweredSchema | undefined {
  return schemas?.length === 1 ? schemas[0] : undefined;
}

function nonNullOf(schemas: readonly LoweredSchema[] | undefined): LoweredSchema | undefined {
  return soleOf(schemas?.filter((each) => typeof each === 'boolean' || each.type?.join() !== 'null'));
}
