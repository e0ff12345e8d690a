import type { Ajv2020, CodeKeywordDefinition as Typed, Code } from 'ajv/dist/2020.js';
import { ajv } from './ajv.ts';
import { codeOf } from './check-code.ts';
import type { Entry } from './entry.ts';
import { formats } from './formats.ts';
import type { Lowering } from './lower.ts';
import type { Pattern } from './pattern.ts';
import { judgeSingle } from './single.ts';
import { allUnique, isMultipleOf, memberTest } from './values.ts';
import { isSingle, type Judge, judgeBy, judgeByWalk, newFuse, type Validate } from './verdict.ts';

/** Stands for a compiled entry while it is not compiled yet. */
interface Link {
  validate: Validate | undefined;
}

/** The code of a test, by that of a keyword's value. */
type CodeOf = (value: Code) => Code;

/** Compiles lowered schemas. */
export class Judges {
  /** The code of what is compiled, by the keys of entries; undefined where it is not kept. */
  readonly code: Map<string, string> | undefined;
  readonly #fuse = newFuse();
  readonly #links = new Map<string, Link>();
  readonly #lowering: Lowering;
  readonly #patterns: ReadonlyMap<string, Pattern>;
  /** What is under way, by its root. */
  readonly #works = new WeakMap<Entry, Generator<void, Judge>>();
  #ajv: Ajv2020 | undefined;

  /**
   * @param lowering reads what is compiled
   * @param keepsCode whether the code is wanted besides
   */
  constructor(lowering: Lowering, keepsCode = false) {
    this.#lowering = lowering;
    this.#patterns = lowering.patterns;
    this.code = keepsCode ? new Map() : undefined;
  }

  /**
   * Compiles an entry and all that it leads to, as far as that is not done yet.
   *
   * @returns `undefined` where more than `budgetMs` are needed; the next call goes on
   * @throws SchemaError where something that it leads to cannot be lowered
   */
  compile(root: Entry): Judge;
  compile(root: Entry, budgetMs: number): Judge | undefined;
  compile(root: Entry, budgetMs = Infinity): Judge | undefined {
    const due = performance.now() + budgetMs;
    const work = this.#works.get(root) ?? this.#work(root);
    do {
      const step = work.next();
      if (step.done === true) {
        this.#works.delete(root);
        return step.value;
      }
    } while (performance.now() < due);
    this.#works.set(root, work);
    return undefined;
  }

  /** Reads all that a root leads to, then compiles it, an entry at a time. */
  *#work(root: Entry): Generator<void, Judge> {
    const { schema: rootSchema = true } = root;
    if (isSingle(rootSchema)) return judgeByWalk(judgeSingle(rootSchema, this.#patterns));
    const reached = new Set([root]);
    for (const entry of reached) {
      if (!entry.sound) {
        this.#lowering.read(entry);
        yield;
      }
      for (const used of entry.uses) reached.add(used);
    }
    if ([...reached].some((entry) => entry.isWalked)) return judgeByWalk();
    for (const { id, key, schema = true } of reached) {
      const link = this.#linkOf(id);
      if (link.validate !== undefined) continue;
      this.#ajv ??= this.#makeAjv();
      const validate = this.#ajv.compile(typeof schema === 'boolean' ? schema : { ...schema, fuse: true });
      link.validate = validate;
      this.code?.set(key, codeOf(validate));
      yield;
    }
    return judgeBy(this.#linkOf(root.id).validate ?? (() => undefined), this.#fuse);
  }

  #linkOf(id: string): Link {
    let link = this.#links.get(id);
    if (link === undefined) {
      link = { validate: undefined };
      this.#links.set(id, link);
    }
    return link;
  }

  #makeAjv(): Ajv2020 {
    const { _, Ajv2020, Name } = ajv();
    const engine = new Ajv2020({
      strict: false,
      strictNumbers: true,
      allErrors: false,
      verbose: true,
      messages: false,
      validateSchema: false,
      meta: false,
      logger: false,
      ownProperties: true,
      addUsedSchema: false,
      code: {
        // It takes longer than all else of compiling, and V8 does its work again. Code that is kept is smaller by it.
        optimize: this.code !== undefined,
        source: this.code !== undefined,
        formats: _`kit.formats`,
        // The map outlives this compiler; Ajv tells engines apart by their text.
        regExp: Object.assign((source: string) => engineOf(source, this.#patterns), { code: 'kit.patterns' }),
      },
    });
    for (const [name, format] of formats) {
      engine.addFormat(
        name,
        format.type === 'string'
          ? { type: 'string', validate: format.holds }
          : { type: 'number', validate: format.holds },
      );
    }
    // Where code is kept, each use has a value of its own: what its code says of the schema holds there alone.
    const valueOf = (ref: unknown, code: () => Code): { ref: unknown; key?: object; code?: Code } =>
      this.code === undefined ? { ref } : { ref, key: {}, code: code() };
    // Ajv's own compiles what it refers to inside compiling what refers: a few hundred schemas in a row overflow the
    // stack. This one leaves a link that is filled in later.
    engine.removeKeyword('$ref');
    engine.addKeyword({
      keyword: '$ref',
      error: { message: '', params: ({ params }) => _`{ inner: ${params['link']}.validate.errors }` },
      code: (context) => {
        const { topSchemaRef, schemaPath } = context.it;
        const ref = this.#linkOf(String(context.schema));
        const link = context.gen.scopeValue(
          'obj',
          valueOf(ref, () => _`kit.link(${topSchemaRef}${schemaPath}["$ref"])`),
        );
        context.setParams({ link });
        context.pass(_`${link}.validate(${context.data})`);
      },
    });
    const define = (keyword: string, type: Typed['type'], test: (argument: unknown) => unknown, code: CodeOf): void => {
      engine.removeKeyword(keyword);
      engine.addKeyword({
        keyword,
        ...(type === undefined ? {} : { type }),
        code(context) {
          const { topSchemaRef, schemaPath } = context.it;
          const value = valueOf(test(context.schema), () => code(_`${topSchemaRef}${schemaPath}.${new Name(keyword)}`));
          context.pass(_`${context.gen.scopeValue('func', value)}(${context.data})`);
        },
      });
    };
    // Ajv's own compare objects by their `constructor` and `valueOf` members, which a caller may send.
    define(
      'enum',
      undefined,
      (values) => memberTest(Array.isArray(values) ? values : []),
      (values) => _`kit.memberTest(${values})`,
    );
    define(
      'const',
      undefined,
      (value) => memberTest([value]),
      (value) => _`kit.memberTest([${value}])`,
    );
    // Ajv's own compares each item with each other.
    define(
      'uniqueItems',
      'array',
      () => allUnique,
      () => _`kit.allUnique`,
    );
    // Ajv's own has no tolerance that fits large and small numbers both.
    define(
      'multipleOf',
      'number',
      (factor) => (value: number) => isMultipleOf(value, Number(factor)),
      (factor) => _`(value) => kit.isMultipleOf(value, ${factor})`,
    );
    // Its bookkeeping of what was evaluated fails on sound schemas, and even breaks. The walk judges those.
    engine.opts.unevaluated = false;
    engine.removeKeyword('unevaluatedItems').removeKeyword('unevaluatedProperties');
    const fuse = this.#fuse;
    engine.addKeyword({
      keyword: 'fuse',
      // First of all keywords: a call that fails early counts too.
      before: '$dynamicAnchor',
      code({ gen }) {
        const name = gen.scopeValue('obj', { ref: fuse, code: _`kit.fuse` });
        gen.if(_`--${name}.left < 0`, () => gen.throw(_`${name}.blow`));
      },
    });
    return engine;
  }
}

function engineOf(source: string, patterns: ReadonlyMap<string, Pattern>): { test: (text: string) => boolean } {
  const pattern = patterns.get(source);
  if (pattern === undefined) throw new Error('a pattern was not made ready');
  const engine = { test: pattern.test, toString: () => source };
  return engine;
}
