import type { Findings } from './faults.ts';
import type { SecurityNeed, SecurityScheme } from './model.ts';
import { didYouMean } from './nearest.ts';
import { entriesOf, followed, isObjectPlace, nameOf, type Reading } from './reading.ts';
import { type Place, placeAt, rootPlace } from './sources.ts';

interface Part {
  readonly scheme: SecurityScheme | undefined;
  readonly findings: Findings;
}

/** Reads security schemes and the requirements that name them. What cannot be read is never open to all. */
export class SecurityReader {
  readonly #reading: Reading;
  readonly #declared: Place;
  readonly #parts = new Map<string, Part>();

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#declared = placeAt(placeAt(rootPlace(reading.sources.root), 'components'), 'securitySchemes');
  }

  /** All schemes that the document declares and that can be read, and those of other files that an operation named. */
  schemes(findings: Findings): ReadonlyMap<string, SecurityScheme> {
    const found = new Map<string, SecurityScheme>();
    for (const place of entriesOf(this.#declared)) this.#part(nameOf(place), findings);
    for (const [name, { scheme }] of this.#parts) if (scheme !== undefined) found.set(name, scheme);
    return found;
  }

  /**
   * Reads a `security` list.
   *
   * @returns any of these, all of those; where something of it cannot be read, the findings are broken
   */
  read(security: Place, findings: Findings): readonly (readonly SecurityNeed[])[] {
    if (security.value === undefined) return [];
    if (!Array.isArray(security.value)) {
      findings.error(security, '"security" is not a list; write each alternative as an item, or [] for none');
      return [];
    }
    return Object.freeze(
      security.value.map((_, index) => Object.freeze(this.#readAlternative(placeAt(security, index), findings))),
    );
  }

  #readAlternative(alternative: Place, findings: Findings): SecurityNeed[] {
    if (!isObjectPlace(alternative)) {
      findings.error(alternative, 'the security requirement is not an object; write it as { scheme: [] }');
      return [];
    }
    return Object.keys(alternative.value).flatMap((name) => {
      const place = placeAt(alternative, name);
      const part = this.#part(name, findings);
      if (part === undefined) {
        const known = entriesOf(this.#declared).map(nameOf);
        const mend = `declare it in components.securitySchemes${didYouMean(name, known)}`;
        findings.error(place, `the security scheme "${name}" is not declared; ${mend}`);
        return [];
      }
      findings.adopt(part.findings);
      if (part.scheme === undefined) return [];
      return [Object.freeze({ scheme: part.scheme, scopes: scopesAt(place, findings) })];
    });
  }

  #part(name: string, findings: Findings): Part | undefined {
    const known = this.#parts.get(name);
    if (known !== undefined) return known;
    let place: Place | undefined = placeAt(this.#declared, name);
    const own = findings.part();
    if (place.value === undefined) {
      // OpenAPI 3.2 lets a requirement name a scheme by its URI.
      if (this.#reading.release !== '3.2' || !/[#/]/.test(name)) return undefined;
      place = { ...this.#declared, value: { $ref: name } };
    }
    place = followed(this.#reading, place, own);
    const part = { scheme: place === undefined ? undefined : readScheme(name, place, own), findings: own };
    this.#parts.set(name, part);
    return part;
  }
}

function scopesAt(place: Place, findings: Findings): readonly string[] {
  if (place.value === null) {
    findings.warn(place, 'the scopes are empty and none are needed; write []');
    return [];
  }
  if (!Array.isArray(place.value)) {
    findings.error(place, 'the scopes are not a list; write [] where none are needed');
    return [];
  }
  const scopes: readonly unknown[] = place.value;
  const named = scopes.filter((scope) => typeof scope === 'string');
  if (named.length < scopes.length) findings.error(place, 'a scope is not text; write each one as text');
  return Object.freeze(named);
}

function readScheme(name: string, place: Place, findings: Findings): SecurityScheme | undefined {
  if (!isObjectPlace(place)) {
    findings.error(place, `the security scheme "${name}" is not an object; give it a "type"`);
    return undefined;
  }
  const { type, scheme, in: where, name: parameter } = place.value;
  switch (type) {
    case 'http':
      if (typeof scheme === 'string' && scheme !== '') {
        return Object.freeze({ name, type, scheme: scheme.toLowerCase() });
      }
      findings.error(place, `the security scheme "${name}" has no "scheme"; write one such as bearer`);
      return undefined;
    case 'apiKey':
      if (typeof parameter === 'string' && parameter !== '') {
        if (where === 'query' || where === 'header' || where === 'cookie') {
          return Object.freeze({ name, type, in: where, parameter });
        }
      }
      findings.error(place, `the security scheme "${name}" needs "name" and "in", one of query, header, cookie`);
      return undefined;
    case 'oauth2':
    case 'openIdConnect':
      return Object.freeze({ name, type, scheme: 'bearer' });
    case 'mutualTLS':
      return Object.freeze({ name, type });
    default: {
      const mend =
        type === 'basic'
          ? 'Swagger 2.0 had it so; write type: http and scheme: basic'
          : 'write apiKey, http, mutualTLS, oauth2 or openIdConnect';
      findings.error(place, `the security scheme "${name}" has no known "type"; ${mend}`);
      return undefined;
    }
  }
}
