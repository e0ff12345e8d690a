import type { Operation, Parameter } from '@flick/contract';
import { Fields } from '../src/fields.ts';
import { planParameters } from '../src/parameter-plan.ts';
import { readParameters } from '../src/parameters.ts';
import type { Violation } from '../src/verdict.ts';

/** What a test sends: a raw query, raw path values by name, header names and values in turn. */
export interface Sent {
  readonly query?: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly headers?: readonly string[];
}

type Values = Record<string, unknown>;

/** What the parameters of a request say, by place and name, and all that is wrong with them. */
export interface ParameterReading {
  readonly violations: readonly Violation[];
  readonly values: Record<'path' | 'query' | 'header' | 'cookie', Values>;
}

/** Reads an operation's parameters as the ladder does, and keeps what they say. */
export function readingOf(operation: Operation, { query = '', path = {}, headers = [] }: Sent): ParameterReading {
  const values = { path: valuesOf(), query: valuesOf(), header: valuesOf(), cookie: valuesOf() };
  const keep = (parameter: Parameter, value: unknown): void => {
    values[parameter.in === 'querystring' ? 'query' : parameter.in][parameter.name] = value;
  };
  const source = {
    pathNames: Object.keys(path),
    pathValues: Object.values(path),
    query,
    fields: new Fields(headers),
  };
  return { violations: readParameters(planParameters(operation, keysOf(operation)), source, { keep }), values };
}

function keysOf({ security }: Operation): ReadonlySet<string> {
  const keys = security.flat().filter(({ scheme }) => scheme.in === 'query');
  return new Set(keys.flatMap(({ scheme }) => scheme.parameter ?? []));
}

// A parameter may be called `__proto__`.
function valuesOf(): Values {
  return Object.create(null);
}
