import type { Findings } from './faults.ts';
import { isMembers, type Members } from './pointer.ts';
import type { Schemas } from './schemas.ts';
import { locationOf, type Place, placeAt, type Sources } from './sources.ts';

/** The release of OpenAPI that a document follows. Later ones are read as 3.2. */
export type Release = '3.0' | '3.1' | '3.2';

/** What every reader of a part of the document needs. */
export interface Reading {
  readonly sources: Sources;
  readonly schemas: Schemas;
  readonly release: Release;
}

/** A place whose value is an object. */
export interface ObjectPlace extends Place {
  readonly value: Members;
}

export function isObjectPlace(place: Place): place is ObjectPlace {
  return isMembers(place.value);
}

/** Follows a Reference Object, and those it leads to, to the thing itself. `undefined` where it leads nowhere. */
export function followed(reading: Reading, start: Place, findings: Findings): Place | undefined {
  let place = start;
  const seen = new Set<string>();
  while (isObjectPlace(place) && typeof place.value['$ref'] === 'string') {
    const ref = place.value['$ref'];
    const spot = placeAt(place, '$ref');
    const location = locationOf(place);
    if (seen.has(location)) {
      findings.error(spot, `$ref "${ref}" leads in a circle; point it at the thing itself`);
      return undefined;
    }
    seen.add(location);
    try {
      place = reading.sources.follow(ref, place);
    } catch (error) {
      findings.error(spot, error instanceof Error ? error.message : `$ref "${ref}" cannot be followed`);
      return undefined;
    }
  }
  return place;
}

/** The members of an object. */
export function entriesOf(place: Place): Place[] {
  return isMembers(place.value) ? Object.keys(place.value).map((name) => placeAt(place, name)) : [];
}

/** A member that is true or false. Text that YAML 1.1 reads as such is taken so, with a warning. */
export function booleanAt(place: Place, key: string, fallback: boolean, findings: Findings): boolean {
  const spot = placeAt(place, key);
  const { value } = spot;
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (['true', 'yes', 'on'].includes(word)) {
    findings.warn(spot, `"${key}" is the text "${word}" and is read as true; write true`);
    return true;
  }
  if (['false', 'no', 'off'].includes(word)) {
    findings.warn(spot, `"${key}" is the text "${word}" and is read as false; write false`);
    return false;
  }
  findings.warn(spot, `"${key}" is neither true nor false and is read as ${String(fallback)}; write one of them`);
  return fallback;
}

/** The last token of a place's pointer as text: the name under which a map has it. */
export function nameOf(place: Place): string {
  const token = place.pointer.slice(place.pointer.lastIndexOf('/') + 1);
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
