import type { CheckCode, CheckKit } from './check-code.ts';
import type { Entry } from './entry.ts';
import { formats } from './formats.ts';
import type { Lowering } from './lower.ts';
import { judgeSingle } from './single.ts';
import { allUnique, codePoints, isMultipleOf, memberTest } from './values.ts';
import { isSingle, type Judge, judgeBy, judgeByWalk, newFuse, type Validate } from './verdict.ts';

/** The code of checks that was made ahead, by the keys of their entries. */
export type MadeChecks = Readonly<Record<string, CheckCode>>;

/** Stands for an entry; its code runs when a value first reaches it. */
interface Link {
  validate: Validate;
}

/** Judges by code that was made ahead. What has none, the walk judges. */
export class MadeJudges {
  readonly #checks: MadeChecks;
  readonly #lowering: Lowering;
  readonly #links = new Map<string, Link>();
  readonly #kit: CheckKit;

  /** @param lowering reads the schemas that the code was made of */
  constructor(lowering: Lowering, checks: MadeChecks) {
    this.#lowering = lowering;
    this.#checks = checks;
    this.#kit = {
      fuse: newFuse(),
      formats: Object.fromEntries(Array.from(formats, ([name, { holds }]) => [name, { validate: holds }])),
      patterns: (source) => {
        const pattern = lowering.patterns.get(source);
        if (pattern === undefined) throw new Error('a pattern was not made ready');
        return pattern;
      },
      link: (id) => this.#linkOf(id),
      memberTest,
      allUnique,
      isMultipleOf,
      codePoints,
    };
  }

  /**
   * Takes no time to speak of where there is code: entries follow when a value reaches them.
   *
   * @throws SchemaError where there is none, and something that the root leads to cannot be lowered
   */
  compile(root: Entry): Judge {
    const { schema = true } = root;
    if (isSingle(schema)) return judgeByWalk(judgeSingle(schema, this.#lowering.patterns));
    const validate = this.#make(root);
    if (validate !== undefined) return judgeBy(validate, this.#kit.fuse);
    const reached = new Set([root]);
    for (const entry of reached) {
      this.#lowering.read(entry);
      for (const used of entry.uses) reached.add(used);
    }
    return judgeByWalk();
  }

  #make({ key, schema = true }: Entry): Validate | undefined {
    return Object.hasOwn(this.#checks, key) ? this.#checks[key]?.(this.#kit, schema) : undefined;
  }

  #linkOf(id: string): Link {
    let link = this.#links.get(id);
    if (link === undefined) {
      const made: Link = {
        validate: (value) => {
          const entry = this.#lowering.entries.get(id);
          const validate = entry === undefined ? undefined : this.#make(entry);
          // Code that leads to what has none is not what was written.
          if (validate === undefined) throw this.#kit.fuse.blow;
          made.validate = validate;
          return validate(value);
        },
      };
      link = made;
      this.#links.set(id, link);
    }
    return link;
  }
}
