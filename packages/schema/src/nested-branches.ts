import type { JsonType } from './check.ts';
import type { Entries } from './entry.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';

/**
 * Whether one branch of a `oneOf` takes all that another takes, as far as plain keywords tell: an integer beside a
 * number, any text beside a date, an object that requires nothing beside one that does. To the letter, nothing that
 * the narrower one describes could ever pass. Nobody means that; those who publish such contracts mean `anyOf`.
 */
export function areNested(branches: readonly LoweredSchema[], entries: Entries): boolean {
  const plain = branches.map((branch) => target(branch, entries));
  return plain.some((wide, at) => {
    const types = isLax(wide) ? typesOf(wide) : undefined;
    return types !== undefined && plain.some((other, index) => index !== at && isWithin(other, types));
  });
}

/** Looks through a lone `$ref`, and through several in a row. */
function target(branch: LoweredSchema, entries: Entries): LoweredSchema {
  let found = branch;
  for (let hops = 0; hops < 20 && typeof found === 'object' && found.$ref !== undefined; hops += 1) {
    if (Object.keys(found).length > 1) return found;
    found = entries.get(found.$ref)?.schema ?? true;
  }
  return found;
}

const laxKeywords: ReadonlySet<string> = new Set<keyof Lowered>(['type', 'properties', 'items', 'binary']);

/** Whether a schema says no more than types, and what members and items are if they are there. */
function isLax(schema: LoweredSchema): schema is Lowered {
  return typeof schema === 'object' && Object.keys(schema).every((keyword) => laxKeywords.has(keyword));
}

function typesOf({ type, properties, required }: Lowered): readonly JsonType[] | undefined {
  return type ?? (properties === undefined && required === undefined ? undefined : ['object']);
}

function isWithin(schema: LoweredSchema, types: readonly JsonType[]): boolean {
  const own = typeof schema === 'object' ? typesOf(schema) : undefined;
  return own?.every((type) => types.includes(type) || (type === 'integer' && types.includes('number'))) === true;
}
