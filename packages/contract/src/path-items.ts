import type { Findings } from './faults.ts';
import { didYouMean } from './nearest.ts';
import { entriesOf, followed, isObjectPlace, nameOf, type Reading } from './reading.ts';
import { type Place, placeAt } from './sources.ts';

const methodMembers = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];
const otherMembers = new Set(['$ref', 'summary', 'description', 'servers', 'parameters', 'additionalOperations']);

/** An operation where it stands in its path item. */
interface MethodEntry {
  readonly place: Place;
  /** As requests send it. */
  readonly method: string;
}

/** A path item, with what its `$ref` leads to below it. */
export interface PathItem {
  /** The first that has a member counts. */
  readonly levels: readonly Place[];
  readonly methods: readonly MethodEntry[];
}

// A path whose `$ref` leads nowhere may have any of these; a 404 for them would be a lie.
const unknownMethods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];

/** Reads a path item and follows its `$ref`; what stands beside the ref overrides what it leads to. */
export function readPathItem(reading: Reading, entry: Place, findings: Findings): PathItem {
  const ref = isObjectPlace(entry) && typeof entry.value['$ref'] === 'string';
  const target = ref ? followed(reading, entry, findings) : undefined;
  const levels = target === undefined ? [entry] : [entry, target];
  const methods = new Map<string, Place>();
  for (const level of levels) {
    if (!isObjectPlace(level)) {
      findings.warn(level, 'the path item is not an object and has no operations; write a method in it, such as get');
    }
    for (const { method, place } of methodsOf(reading, level, findings)) {
      if (!methods.has(method)) methods.set(method, place);
    }
  }
  if (ref && target === undefined) {
    for (const method of unknownMethods) if (!methods.has(method)) methods.set(method, entry);
  }
  return { levels, methods: Array.from(methods, ([method, place]) => ({ method, place })) };
}

/** A member of a path item, from the first level that has it. */
export function memberOfItem({ levels }: PathItem, key: string): Place | undefined {
  return levels.map((level) => placeAt(level, key)).find((place) => place.value !== undefined);
}

/** The operations of a path item in document order. A member that is no method is never left out in silence. */
function methodsOf(reading: Reading, item: Place, findings: Findings): MethodEntry[] {
  const found: MethodEntry[] = [];
  for (const place of entriesOf(item)) {
    const key = nameOf(place);
    if (key.startsWith('x-')) continue;
    if (methodMembers.includes(key)) {
      if (key === 'query' && reading.release !== '3.2') newerThan(place, '"query"', findings);
      found.push({ place, method: key.toUpperCase() });
    } else if (key === 'additionalOperations') {
      if (reading.release !== '3.2') newerThan(place, '"additionalOperations"', findings);
      found.push(...additional(place, findings));
    } else if (!otherMembers.has(key)) {
      const mend = didYouMean(key, methodMembers) || '; write a method in lower case, such as get';
      findings.warn(place, `"${key}" is no method and no member of a path item and is left out${mend}`);
    }
  }
  return found;
}

function newerThan(place: Place, what: string, findings: Findings): void {
  findings.warn(place, `${what} is of OpenAPI 3.2 and is served all the same; write openapi: 3.2.0`);
}

function additional(map: Place, findings: Findings): MethodEntry[] {
  const entries: MethodEntry[] = [];
  for (const place of entriesOf(map)) {
    const method = nameOf(place);
    // RFC 9110, section 9.1: a method is a token, and case matters.
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method)) {
      findings.warn(place, `"${method}" can be no method, and no request has it; write a name such as COPY`);
    }
    if (methodMembers.includes(method.toLowerCase())) {
      findings.warn(place, `"${method}" has a member of its own in the path item; write ${method.toLowerCase()} there`);
    }
    entries.push({ place, method });
  }
  return entries;
}
