import type { Findings } from './faults.ts';
import { entriesOf, isObjectPlace, nameOf } from './reading.ts';
import { type Place, placeAt } from './sources.ts';

// One server whose variables have many values must not multiply every path.
const maxBases = 16;
// A host of many variables gives many URLs with one path: a bound for the work, not for the result.
const maxTries = 4096;

/**
 * The base paths of a `servers` list, each without a trailing slash: the path of each URL, with each variable at its
 * default and at each value of its `enum`.
 *
 * @returns `undefined` where there is no list, so that the level above counts
 */
export function readServers(servers: Place | undefined, findings: Findings): readonly string[] | undefined {
  if (servers?.value === undefined) return undefined;
  if (!Array.isArray(servers.value)) {
    findings.warn(servers, '"servers" is not a list and is left out; write each server as an item');
    return undefined;
  }
  const bases = new Set<string>();
  let tries = 0;
  for (let index = 0; index < servers.value.length; index += 1) {
    const server = placeAt(servers, index);
    const url = placeAt(server, 'url');
    if (typeof url.value !== 'string') {
      findings.warn(server, 'the server has no "url" and is left out; write one such as https://api.example.com/v1');
      continue;
    }
    for (const spelling of spellings(url.value, placeAt(server, 'variables'), findings)) {
      const base = basePathOf(spelling);
      tries += 1;
      if (base === undefined) {
        findings.warn(url, `the URL "${url.value}" cannot be read and is left out; write one such as /v1`);
        break;
      }
      if (bases.size === maxBases && !bases.has(base)) {
        findings.warn(servers, `the servers have more than ${String(maxBases)} base paths; only the first are served`);
        return [...bases];
      }
      if (/[^:/]\/\/+[^/]/.test(spelling)) {
        const what = `the URL "${url.value}" has an empty segment, which no request may have`;
        findings.warn(url, `${what}, and is read with one slash; write it so`);
      }
      bases.add(base);
      if (tries > maxTries) break;
    }
  }
  return bases.size === 0 ? [''] : [...bases];
}

/** The path of a URL or of a reference relative to the host, without a trailing slash. */
export function basePathOf(url: string): string | undefined {
  if (!URL.canParse(url, 'http://localhost/')) return undefined;
  const { pathname } = new URL(url, 'http://localhost/');
  return pathname.startsWith('/') ? pathname.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '') : undefined;
}

/** All spellings of a URL with variables, the last variable changing first. */
function spellings(url: string, variables: Place, findings: Findings): Iterable<string> {
  const names = new Set(Array.from(url.matchAll(/\{([^{}]*)\}/g), (match) => match[1] ?? ''));
  const choices: Choice[] = [];
  for (const name of names) {
    const variable = entriesOf(variables).find((place) => nameOf(place) === name);
    const values = variable === undefined ? [] : valuesOf(variable);
    if (values.length === 0) {
      findings.warn(variables, `the server variable "${name}" has no default, and its URL is left out; give it one`);
      return [];
    }
    choices.push({ name, values });
  }
  return expand(url, choices);
}

interface Choice {
  readonly name: string;
  readonly values: readonly string[];
}

function* expand(url: string, [choice, ...further]: readonly Choice[]): Generator<string> {
  if (choice === undefined) yield url;
  else
    for (const value of choice.values)
      yield* expand(
        url.replaceAll(`{${choice.name}}`, () => value),
        further,
      );
}

/** A variable's default first, then the values of its `enum`. */
function valuesOf(variable: Place): string[] {
  if (!isObjectPlace(variable)) return [];
  const choices: unknown = variable.value['enum'];
  const listed: readonly unknown[] = Array.isArray(choices) ? choices : [];
  // YAML reads an unquoted port or version as a number. A value with braces could spell itself without end.
  const values = [variable.value['default'], ...listed].filter((value) => ['string', 'number'].includes(typeof value));
  return [...new Set(values.map(String))].filter((value) => !/[{}]/.test(value));
}
