import type { Ajv2020, AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { ajv } from './ajv.ts';
import type { SchemaFault } from './check.ts';
import type { Entry } from './entry.ts';
import { formats } from './formats.ts';
import type { Lowering } from './lower.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';
import { isMembers, pointerAt } from './members.ts';
import type { Pattern } from './pattern.ts';
import { judgeSingle } from './single.ts';
import { allUnique, isMultipleOf, memberTest } from './values.ts';
import { arrivedWords, dueWords } from './words.ts';

/** Says whether a value holds: `undefined` where that would take too many steps, or is for the walk to say. */
export interface Judge {
  (value: unknown): boolean | undefined;
  /** The first fault that the last call met. */
  readonly firstFault: (value: unknown) => SchemaFault;
}

// A body of 1 MiB has some 400,000 objects, and a sound schema asks for a call or two for each.
const maxCalls = 1_000_000;
// Where a schema asked for more, its work multiplies: from then on it is given up sooner.
const maxCallsAfter = 10_000;

class TooManyCalls extends Error {}

/** Stands for a compiled entry while it is not compiled yet. */
interface Link {
  validate: ValidateFunction | undefined;
}

/** Compiles lowered schemas. */
export class Judges {
  readonly #fuse = { left: 0, blow: new TooManyCalls() };
  readonly #links = new Map<string, Link>();
  readonly #lowering: Lowering;
  readonly #patterns: ReadonlyMap<string, Pattern>;
  /** What is under way, by its root. */
  readonly #works = new WeakMap<Entry, Generator<void, Judge>>();
  #ajv: Ajv2020 | undefined;

  /** @param lowering reads what is compiled */
  constructor(lowering: Lowering) {
    this.#lowering = lowering;
    this.#patterns = lowering.patterns;
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
    if (isSingle(rootSchema)) return Object.assign(judgeSingle(rootSchema, this.#patterns), { firstFault });
    const reached = new Set([root]);
    for (const entry of reached) {
      if (!entry.sound) {
        this.#lowering.read(entry);
        yield;
      }
      for (const used of entry.uses) reached.add(used);
    }
    if ([...reached].some((entry) => entry.isWalked)) return Object.assign(() => undefined, { firstFault });
    for (const { id, schema = true } of reached) {
      const link = this.#linkOf(id);
      if (link.validate !== undefined) continue;
      this.#ajv ??= this.#makeAjv();
      link.validate = this.#ajv.compile(typeof schema === 'boolean' ? schema : { ...schema, fuse: true });
      yield;
    }
    const { validate } = this.#linkOf(root.id);
    const fuse = this.#fuse;
    let calls = maxCalls;
    const judge = (value: unknown): boolean | undefined => {
      fuse.left = calls;
      try {
        return validate?.(value) === true;
      } catch (error) {
        if (!(error instanceof TooManyCalls)) throw error;
        calls = maxCallsAfter;
        return undefined;
      }
    };
    return Object.assign(judge, { firstFault: (value: unknown) => faultOf(validate?.errors ?? [], value) });
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
    const { _, Ajv2020 } = ajv();
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
        // It takes longer than all else of compiling, and V8 does its work again.
        optimize: false,
        // The map outlives this compiler; Ajv tells engines apart by their text.
        regExp: Object.assign((source: string) => engineOf(source, this.#patterns), { code: 'patterns' }),
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
    // Ajv's own compiles what it refers to inside compiling what refers: a few hundred schemas in a row overflow the
    // stack. This one leaves a link that is filled in later.
    engine.removeKeyword('$ref');
    engine.addKeyword({
      keyword: '$ref',
      error: { message: '', params: ({ params }) => _`{ inner: ${params['link']}.validate.errors }` },
      code: (context) => {
        const link = context.gen.scopeValue('obj', { ref: this.#linkOf(String(context.schema)) });
        context.setParams({ link });
        context.pass(_`${link}.validate(${context.data})`);
      },
    });
    const define = (
      keyword: string,
      type: 'array' | 'number' | undefined,
      make: (argument: unknown) => (value: never) => boolean,
    ): void => {
      engine.removeKeyword(keyword);
      engine.addKeyword({
        keyword,
        ...(type === undefined ? {} : { type }),
        code(context) {
          const test = context.gen.scopeValue('func', { ref: make(context.schema) });
          context.pass(_`${test}(${context.data})`);
        },
      });
    };
    // Ajv's own compare objects by their `constructor` and `valueOf` members, which a caller may send.
    define('enum', undefined, (values) => memberTest(Array.isArray(values) ? values : []));
    define('const', undefined, (value) => memberTest([value]));
    // Ajv's own compares each item with each other.
    define('uniqueItems', 'array', () => allUnique);
    // Ajv's own has no tolerance that fits large and small numbers both.
    define('multipleOf', 'number', (factor) => (value: number) => isMultipleOf(value, Number(factor)));
    // Its bookkeeping of what was evaluated fails on sound schemas, and even breaks. The walk judges those.
    engine.opts.unevaluated = false;
    engine.removeKeyword('unevaluatedItems').removeKeyword('unevaluatedProperties');
    const fuse = this.#fuse;
    engine.addKeyword({
      keyword: 'fuse',
      // First of all keywords: a call that fails early counts too.
      before: '$dynamicAnchor',
      code({ gen }) {
        const name = gen.scopeValue('obj', { ref: fuse });
        gen.if(_`--${name}.left < 0`, () => gen.throw(_`${name}.blow`));
      },
    });
    return engine;
  }
}

/** The first fault of a value that was not judged by what is compiled. */
function firstFault(value: unknown): SchemaFault {
  return faultOf([], value);
}

function isSingle(schema: LoweredSchema): boolean {
  return typeof schema === 'boolean' || Object.keys(schema).every((keyword) => !holdsSchemas.has(keyword));
}

const holdsSchemas: ReadonlySet<string> = new Set<keyof Lowered>([
  '$ref',
  'items',
  'contains',
  'properties',
  'patternProperties',
  'additionalProperties',
  'propertyNames',
  'dependentSchemas',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
]);

function engineOf(source: string, patterns: ReadonlyMap<string, Pattern>): { test: (text: string) => boolean } {
  const pattern = patterns.get(source);
  if (pattern === undefined) throw new Error('a pattern was not made ready');
  const engine = { test: pattern.test, toString: () => source };
  return engine;
}

/** `if` only says that its `then` or `else` refused, which has said so itself. */
function isOwn({ keyword }: ErrorObject): boolean {
  return keyword !== 'if';
}

function faultOf(errors: readonly ErrorObject[], root: unknown): SchemaFault {
  const error = errors.findLast(isOwn);
  if (error === undefined) {
    return { pointer: '', keyword: '$ref', due: dueWords('', {}), arrived: arrivedWords(root) };
  }
  const { instancePath, params, parentSchema, data } = error;
  const keyword = error.keyword === 'false schema' ? 'false' : error.keyword;
  const inner: unknown = params['inner'];
  if (Array.isArray(inner)) {
    const fault = faultOf(inner, data);
    return { ...fault, pointer: instancePath + fault.pointer };
  }
  const lowered: Lowered = isLowered(parentSchema) ? parentSchema : {};
  const due = dueWords(keyword, lowered);
  const missing: unknown = params['missingProperty'];
  if (typeof missing === 'string') {
    return { pointer: pointerAt(instancePath, missing), keyword, due: 'a value', arrived: arrivedWords(undefined) };
  }
  const undeclared: unknown = params['additionalProperty'];
  if (typeof undeclared !== 'string') return { pointer: instancePath, keyword, due, arrived: arrivedWords(data) };
  const member = isMembers(data) ? data[undeclared] : undefined;
  return { pointer: pointerAt(instancePath, undeclared), keyword, due, arrived: arrivedWords(member) };
}

function isLowered(schema: AnySchemaObject | undefined): schema is Lowered {
  return schema !== undefined;
}
