import type { Operation, Parameter, Shape } from '@flick/contract';
import type { KeepValues } from './parameters.ts';

/** Values by name. It has no prototype: a parameter may be called `constructor`. */
export type NamedValues = Readonly<Record<string, unknown>>;

/**
 * What a request says, as the ladder read it for its checks. What did not come is not there, unless the contract has a
 * `default` for it: for a parameter, or for a member of a parameter or body that is an object. Defaults stand as the
 * document writes them; those further down, or in one branch of several, are not filled in.
 */
export interface RequestValues {
  /** Of the path. */
  readonly params: NamedValues;
  readonly query: NamedValues;
  /** The header parameters that the operation declares, by lower-case name. */
  readonly headers: NamedValues;
  readonly cookies: NamedValues;
  /** A body that was checked. Parts of a multipart body that are declared binary are buffers. */
  readonly body: unknown;
}

/** As a class without a prototype its instances stay fast, which those of `Object.create(null)` do not. */
class Named {
  [name: string]: unknown;
}
Reflect.setPrototypeOf(Named.prototype, null);
Reflect.deleteProperty(Named.prototype, 'constructor');

const none: Record<string, unknown> = Object.freeze(new Named());

/** Where the values of an operation go, and what stands for those that do not come; worked out once. */
export class ValuePlan {
  readonly hasParams: boolean;
  readonly hasQuery: boolean;
  readonly hasHeaders: boolean;
  readonly hasCookies: boolean;
  /** The parameters that have a default, or members that have one. */
  readonly defaulted: readonly Parameter[];

  constructor({ parameters }: Operation) {
    const has = (...places: readonly Parameter['in'][]): boolean =>
      parameters.some((parameter) => places.includes(parameter.in));
    this.hasParams = has('path');
    this.hasQuery = has('query', 'querystring');
    this.hasHeaders = has('header');
    this.hasCookies = has('cookie');
    this.defaulted = parameters.filter(({ shape }) => shape.default !== undefined || (shape.defaults?.size ?? 0) > 0);
  }
}

/** The values of one request in the making. */
export class KeptValues implements RequestValues, KeepValues {
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
  readonly cookies: Record<string, unknown>;
  body: unknown = undefined;

  constructor(plan: ValuePlan) {
    this.params = plan.hasParams ? new Named() : none;
    this.query = plan.hasQuery ? new Named() : none;
    this.headers = plan.hasHeaders ? new Named() : none;
    this.cookies = plan.hasCookies ? new Named() : none;
  }

  keep(parameter: Parameter, value: unknown): void {
    this.#of(parameter)[nameOf(parameter)] = value;
  }

  /** Fills in what did not come. */
  fill(plan: ValuePlan): void {
    for (const parameter of plan.defaulted) {
      const values = this.#of(parameter);
      const name = nameOf(parameter);
      const { shape } = parameter;
      if (values[name] !== undefined) fillMembers(values[name], shape);
      else if (shape.default !== undefined) values[name] = copied(shape.default.value);
    }
  }

  #of({ in: place }: Parameter): Record<string, unknown> {
    if (place === 'path') return this.params;
    if (place === 'header') return this.headers;
    return place === 'cookie' ? this.cookies : this.query;
  }
}

function nameOf({ in: place, name }: Parameter): string {
  return place === 'header' ? name.toLowerCase() : name;
}

/** Fills in the members of an object that did not come; a value of another kind stays as it is. */
export function fillMembers(value: unknown, shape: Shape | undefined): void {
  const defaults = shape?.defaults;
  if (defaults === undefined || defaults.size === 0 || !isMembers(value)) return;
  for (const [name, member] of defaults) {
    if (Object.hasOwn(value, name)) continue;
    // Assigned to, `__proto__` would be no member.
    Object.defineProperty(value, name, { value: copied(member), configurable: true, enumerable: true, writable: true });
  }
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whoever gets a default may change it; the next request gets it whole. */
function copied(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

/** Makes buffers of the parts of a multipart body that are declared binary: as read, each character is a byte. */
export function binaryParts(value: unknown, shape: Shape | undefined): unknown {
  if (!isMembers(value) || shape?.properties === undefined) return value;
  for (const [name, member] of shape.properties) {
    const part = value[name];
    if (member.binary && typeof part === 'string') value[name] = Buffer.from(part, 'latin1');
    else if (member.items?.binary === true && Array.isArray(part)) {
      value[name] = part.map((item: unknown) => (typeof item === 'string' ? Buffer.from(item, 'latin1') : item));
    }
  }
  return value;
}
