import { maxWarnings } from './faults.ts';
import { type Keyword, keywords } from './keywords.ts';
import { isMembers, type Members, pointerAt } from './pointer.ts';
import { type Place, placeAt, type Sources } from './sources.ts';

/** Something wrong at a place: a ref that cannot be followed, a value that is no schema. */
interface Finding {
  readonly place: Place;
  readonly message: string;
}

/** A schema with all that stands inside it; its refs lead to other units. */
interface Unit {
  readonly bad: Finding[];
  readonly uses: Unit[];
}

/** The refs of a contract that cannot be followed, and who needs them. */
export interface BadRefs {
  readonly refs: readonly (Finding & { readonly neededByRequests: boolean })[];
  /** Why a schema cannot be compiled; `undefined` where it can, as far as its refs go. */
  readonly of: (schema: Place) => string | undefined;
}

/**
 * The schemas of a contract, as far as one leads to another. Finds the refs that lead nowhere at load, without
 * compiling anything; every schema is walked once, however often it is used.
 */
export class SchemaGraph {
  readonly #sources: Sources;
  /** OpenAPI 3.0 ignores what stands beside a `$ref`. */
  readonly #refStandsAlone: boolean;
  readonly #units = new Map<unknown, Unit>();
  readonly #odd: Finding[] = [];
  /** Schemas that were found faulty: one may be part of several units. */
  readonly #faulty = new Set<unknown>();

  constructor(sources: Sources, refStandsAlone: boolean) {
    this.#sources = sources;
    this.#refStandsAlone = refStandsAlone;
  }

  /** Walks a schema and all that it leads to. */
  add(schema: Place): void {
    const pending: { readonly place: Place; readonly user: Unit | undefined }[] = [{ place: schema, user: undefined }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (!isMembers(next.place.value)) continue;
      let unit = this.#units.get(next.place.value);
      if (unit === undefined) {
        unit = { bad: [], uses: [] };
        this.#units.set(next.place.value, unit);
        for (const target of this.#walk(next.place, unit)) pending.push({ place: target, user: unit });
      }
      next.user?.uses.push(unit);
    }
  }

  /** What is wrong with schemas and does not keep them from being served: it is passed over. */
  oddSchemas(): readonly Finding[] {
    return this.#odd;
  }

  /** Finds the bad refs of all schemas walked so far. `requests`: the schemas that requests are judged by. */
  badRefs(requests: readonly Place[]): BadRefs {
    const units = [...this.#units.values()];
    const bad = units.filter((unit) => unit.bad.length > 0);
    if (bad.length === 0) return { refs: [], of: () => undefined };
    const needed = new Set(requests.flatMap((schema) => this.#units.get(schema.value) ?? []));
    for (const unit of needed) for (const used of unit.uses) needed.add(used);
    const users = new Map<Unit, Unit[]>();
    for (const unit of units) {
      for (const used of unit.uses) {
        const known = users.get(used);
        if (known === undefined) users.set(used, [unit]);
        else known.push(unit);
      }
    }
    const reasons = new Map(bad.map((unit) => [unit, unit.bad[0]?.message]));
    for (const [unit, reason] of reasons) {
      for (const user of users.get(unit) ?? []) if (!reasons.has(user)) reasons.set(user, reason);
    }
    return {
      refs: bad.flatMap((unit) => unit.bad.map((ref) => ({ ...ref, neededByRequests: needed.has(unit) }))),
      of: (schema) => {
        const unit = this.#units.get(schema.value);
        return unit === undefined ? undefined : reasons.get(unit);
      },
    };
  }

  /** Walks one unit; returns what its refs point at. */
  #walk(root: Place, unit: Unit): Place[] {
    const targets: Place[] = [];
    const seen = new Set<unknown>();
    const pending: Step[] = [{ value: root.value, parent: undefined, key: '' }];
    for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
      const { value } = step;
      const placeOf = (): Place => ({ file: root.file, pointer: root.pointer + wayTo(step), value });
      if (!isMembers(value)) {
        const message = 'this is no schema and lets every value pass; write an object, true or false';
        if (typeof value !== 'boolean') this.#odd.push({ place: placeOf(), message });
        continue;
      }
      if (seen.has(value)) continue;
      seen.add(value);
      for (const keyword of ['$ref', '$dynamicRef']) {
        const ref = value[keyword];
        if (typeof ref !== 'string') continue;
        const place = placeOf();
        try {
          const target = this.#sources.follow(ref, place);
          if (isMembers(target.value)) targets.push(target);
          else if (typeof target.value !== 'boolean') {
            throw new Error(`${keyword} "${ref}" points at something that is no schema; mend the pointer`);
          }
        } catch (error) {
          const message = error instanceof Error ? error.message : `${keyword} "${ref}" cannot be followed`;
          unit.bad.push({ place: placeAt(place, keyword), message });
        }
      }
      if (!this.#refStandsAlone || typeof value['$ref'] !== 'string') this.#readKeywords(value, step, pending, placeOf);
    }
    return targets;
  }

  /** Steps into the schemas that a schema holds, and notes the values that its keywords cannot have. */
  #readKeywords(schema: Members, step: Step, pending: Step[], placeOf: () => Place): void {
    const wasFaulty = this.#faulty.has(schema);
    for (const name in schema) {
      if (!Object.hasOwn(schema, name)) continue;
      const keyword = keywords.get(name);
      const value = schema[name];
      if (keyword === undefined || value === undefined) continue;
      const fault = keyword.fault(value);
      if (fault !== undefined && !wasFaulty && this.#odd.length <= maxWarnings) {
        this.#faulty.add(schema);
        this.#odd.push({ place: placeAt(placeOf(), name), message: `\`${name}\` ${fault}` });
      }
      if (holdsMany(name, keyword, value)) {
        const parent: Step = { value: undefined, parent: step, key: name };
        for (const [key, inner] of Object.entries(value)) pending.push({ value: inner, parent, key });
      } else if (keyword.holds === 'schema') {
        pending.push({ value, parent: step, key: name });
      }
    }
  }
}

/** A schema within a unit. Pointers are written only where they are asked for: most schemas have no refs. */
interface Step {
  readonly value: unknown;
  readonly parent: Step | undefined;
  readonly key: string | number;
}

/** The pointer of a step, from the unit's root. */
function wayTo(step: Step): string {
  const keys: (string | number)[] = [];
  for (let at = step; at.parent !== undefined; at = at.parent) keys.push(at.key);
  return keys.reduceRight<string>(pointerAt, '');
}

/** Whether the items or members of a keyword's value are schemas. Before 2020-12, `items` could be a list of them. */
function holdsMany(name: string, keyword: Keyword, value: unknown): value is object {
  if (Array.isArray(value)) return keyword.holds === 'items' || name === 'items';
  return keyword.holds === 'members' && isMembers(value);
}
