import type { ErrorObject } from 'ajv/dist/2020.js';
import type { SchemaFault } from './check.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';
import { isMembers, pointerAt } from './members.ts';
import { arrivedWords, dueWords } from './words.ts';

/** Says whether a value holds: `undefined` where that would take too many steps, or is for the walk to say. */
export interface Judge {
  (value: unknown): boolean | undefined;
  /** The first fault that the last call met. */
  readonly firstFault: (value: unknown) => SchemaFault;
}

/** What Ajv makes of a schema. */
export interface Validate {
  (value: unknown): unknown;
  /** Of the last call. */
  errors?: readonly ErrorObject[] | null;
}

// A body of 1 MiB has some 400,000 objects, and a sound schema asks for a call or two for each.
const maxCalls = 1_000_000;
// Where a schema asked for more, its work multiplies: from then on it is given up sooner.
const maxCallsAfter = 10_000;

class TooManyCalls extends Error {}

/** Counts the calls that are left; what was compiled throws `blow` where there are none. */
export interface Fuse {
  left: number;
  readonly blow: Error;
}

export function newFuse(): Fuse {
  return { left: 0, blow: new TooManyCalls() };
}

/** Judges by what was compiled. */
export function judgeBy(validate: Validate, fuse: Fuse): Judge {
  let calls = maxCalls;
  const judge = (value: unknown): boolean | undefined => {
    fuse.left = calls;
    try {
      return validate(value) === true;
    } catch (error) {
      if (!(error instanceof TooManyCalls)) throw error;
      calls = maxCallsAfter;
      return undefined;
    }
  };
  return Object.assign(judge, { firstFault: (value: unknown) => faultOf(validate.errors ?? [], value) });
}

/** Leaves all, or all but what surely holds, to the walk. */
export function judgeByWalk(holds: (value: unknown) => true | undefined = () => undefined): Judge {
  return Object.assign(holds, { firstFault: (value: unknown) => faultOf([], value) });
}

/** Whether a schema holds no others. */
export function isSingle(schema: LoweredSchema): boolean {
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

function isLowered(schema: ErrorObject['parentSchema']): schema is Lowered {
  return schema !== undefined;
}
