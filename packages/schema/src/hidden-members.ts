import type { Resolve } from './check.ts';
import { isMembers, locationAt, type Members, memberOf } from './members.ts';

/** A schema as the document has it, and where. */
export interface RawSchema {
  readonly schema: Members;
  readonly location: string;
}

// Deeper chains of `$ref` and `allOf` exist in circles only.
const maxHops = 16;

/** What `$ref` and `allOf` of a schema lead to. A ref that leads nowhere is told of elsewhere. */
function bases({ schema, location }: RawSchema, resolve: Resolve): RawSchema[] {
  const found: RawSchema[] = [];
  const ref = memberOf(schema, '$ref');
  if (typeof ref === 'string') {
    try {
      const target = resolve(ref, location);
      if (isMembers(target.schema)) found.push({ schema: target.schema, location: target.location });
    } catch {
      // The schema that holds it does not compile.
    }
  }
  const allOf = memberOf(schema, 'allOf');
  if (Array.isArray(allOf)) {
    for (const [index, member] of allOf.entries()) {
      if (isMembers(member)) found.push({ schema: member, location: locationAt(location, 'allOf', index) });
    }
  }
  return found;
}

/** All schemas of a member, in a schema and in what its `$ref` and `allOf` lead to. */
export function memberSchemas(owner: RawSchema, name: string, resolve: Resolve, hops = 0): RawSchema[] {
  const found: RawSchema[] = [];
  const properties = memberOf(owner.schema, 'properties');
  const own = isMembers(properties) ? memberOf(properties, name) : undefined;
  if (isMembers(own)) found.push({ schema: own, location: locationAt(owner.location, 'properties', name) });
  if (hops < maxHops) {
    for (const base of bases(owner, resolve)) found.push(...memberSchemas(base, name, resolve, hops + 1));
  }
  return found;
}

/** Whether a schema, or what its `$ref` and `allOf` lead to, says `readOnly: true` or `writeOnly: true`. */
export function hasFlag(schema: RawSchema, flag: 'readOnly' | 'writeOnly', resolve: Resolve, hops = 0): boolean {
  if (memberOf(schema.schema, flag) === true) return true;
  return hops < maxHops && bases(schema, resolve).some((base) => hasFlag(base, flag, resolve, hops + 1));
}

/** The strings that a member is bound to by `const` or `enum`; empty where it is not. */
export function boundStrings(owner: RawSchema, name: string, resolve: Resolve): string[] {
  for (const { schema } of memberSchemas(owner, name, resolve)) {
    const values = Object.hasOwn(schema, 'const') ? [schema['const']] : memberOf(schema, 'enum');
    if (Array.isArray(values)) return values.filter((value) => typeof value === 'string');
  }
  return [];
}
