import type { JsonType, Resolve } from './check.ts';
import { boundStrings } from './hidden-members.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';
import { isMembers, type Members, memberOf } from './members.ts';

/** One schema of a `oneOf` or `anyOf` that a discriminator chooses from. */
interface Branch {
  readonly location: string;
  /** The last part of its pointer: `Cat` of `#/components/schemas/Cat`. */
  readonly name: string;
  readonly lowered: LoweredSchema;
  /** The values of the property that its own schema allows. */
  readonly own: readonly string[];
}

/** A discriminator told in plain keywords. */
export interface Choice {
  /** They take the place of the `oneOf` or `anyOf`. */
  readonly schemas: readonly Lowered[];
  /** The one of them that judges what is no object, by all branches. */
  readonly others: Lowered;
}

const nonObjects: readonly JsonType[] = ['null', 'boolean', 'number', 'string', 'array'];

/**
 * Tells a discriminator in plain keywords: for an object, the property is there, has a value that chooses a branch,
 * and that branch alone judges. Other values are judged by all branches.
 *
 * @param raw the schema that has the discriminator and the branches
 * @param branches the branches, lowered, in document order
 * @returns `undefined` where the branches cannot be told apart by the property
 */
export function chooseBranch(
  raw: Members,
  location: string,
  keyword: 'oneOf' | 'anyOf',
  branches: readonly LoweredSchema[],
  resolve: Resolve,
): Choice | undefined {
  const discriminator = memberOf(raw, 'discriminator');
  const property = isMembers(discriminator) ? memberOf(discriminator, 'propertyName') : undefined;
  if (!isMembers(discriminator) || typeof property !== 'string') return undefined;
  const known = knownBranches(raw[keyword], property, location, branches, resolve);
  if (known === undefined) return undefined;
  const tags = tagBranches(known, memberOf(discriminator, 'mapping'), location, resolve);
  if (tags === undefined) return undefined;
  const fallback = memberOf(discriminator, 'defaultMapping');
  const standIn = typeof fallback === 'string' ? branchOf(fallback, known, location, resolve) : undefined;
  const choice: Lowered =
    standIn === undefined
      ? { required: [property], properties: { [property]: { enum: [...tags.keys()] } }, chooses: property }
      : {};
  const cases: Lowered[] = [];
  for (const branch of known) {
    const values = [...tags].flatMap(([tag, chosen]) => (chosen === branch ? [tag] : []));
    if (values.length > 0) cases.push(unless({ not: tagged(property, values) }, branch.lowered));
  }
  if (standIn !== undefined) cases.push(unless(tagged(property, [...tags.keys()]), standIn.lowered));
  choice.allOf = cases;
  const others: Lowered = { [keyword]: branches };
  return {
    others,
    schemas: [unless({ type: nonObjects }, choice), unless({ type: ['object'] }, others)],
  };
}

function unless(condition: Lowered, consequence: LoweredSchema): Lowered {
  return { if: condition, else: consequence };
}

function tagged(property: string, values: readonly string[]): Lowered {
  return { required: [property], properties: { [property]: { enum: values } } };
}

/** The branches that objects can be of; `undefined` where one of them has no name. */
function knownBranches(
  rawBranches: unknown,
  property: string,
  location: string,
  branches: readonly LoweredSchema[],
  resolve: Resolve,
): Branch[] | undefined {
  if (!Array.isArray(rawBranches)) return undefined;
  const known: Branch[] = [];
  for (const [index, lowered] of branches.entries()) {
    const raw: unknown = rawBranches[index];
    const ref = isMembers(raw) ? memberOf(raw, '$ref') : undefined;
    if (typeof ref === 'string') {
      const target = targetOf(ref, location, resolve);
      if (target === undefined) return undefined;
      const own = isMembers(target.schema)
        ? boundStrings({ schema: target.schema, location: target.location }, property, resolve)
        : [];
      known.push({ location: target.location, name: nameOf(target.location), lowered, own });
    } else if (!isForNoObject(lowered)) return undefined;
  }
  return known.length === 0 ? undefined : known;
}

function isForNoObject(lowered: LoweredSchema): boolean {
  return typeof lowered === 'object' && lowered.type !== undefined && !lowered.type.includes('object');
}

/** Which value of the property chooses which branch; `undefined` where a branch has none, or the mapping leads away. */
function tagBranches(
  branches: readonly Branch[],
  mapping: unknown,
  location: string,
  resolve: Resolve,
): Map<string, Branch> | undefined {
  const tags = new Map<string, Branch>();
  for (const [tag, target] of isMembers(mapping) ? Object.entries(mapping) : []) {
    const branch = typeof target === 'string' ? branchOf(target, branches, location, resolve) : undefined;
    if (branch === undefined) return undefined;
    tags.set(tag, branch);
  }
  // What a branch itself allows tells more than its name: many documents have no mapping where they need one.
  const mapped = new Set(tags.keys());
  for (const branch of branches) {
    for (const tag of branch.own) {
      const isShared = branches.some((other) => other !== branch && other.own.includes(tag));
      if (!mapped.has(tag) && !isShared) tags.set(tag, branch);
    }
    const mayBeNamed = branch.own.length === 0 || branch.own.includes(branch.name);
    if (mayBeNamed && !tags.has(branch.name)) tags.set(branch.name, branch);
  }
  const chosen = new Set(tags.values());
  return branches.every((branch) => chosen.has(branch)) ? tags : undefined;
}

/** The branch that a mapping's value names: a schema's name, or a URI as in `$ref`. */
function branchOf(target: string, branches: readonly Branch[], location: string, resolve: Resolve): Branch | undefined {
  if (!/[/#]/.test(target)) {
    const named = branches.find((branch) => branch.name === target);
    if (named !== undefined) return named;
  }
  const found = targetOf(target, location, resolve)?.location;
  return branches.find((branch) => branch.location === found);
}

function targetOf(ref: string, location: string, resolve: Resolve): ReturnType<Resolve> | undefined {
  try {
    return resolve(ref, location);
  } catch {
    return undefined;
  }
}

function nameOf(location: string): string {
  const hash = location.indexOf('#');
  const last = location.slice(Math.max(location.lastIndexOf('/'), hash) + 1);
  // A whole document is named by its file, without the extension.
  const name = location.endsWith('#') || hash === -1 ? location.replace(/#$/, '').replace(/^.*\//, '') : last;
  const bare = hash === -1 || location.endsWith('#') ? name.replace(/\.[^.]*$/, '') : name;
  try {
    return decodeURIComponent(bare).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return bare;
  }
}
