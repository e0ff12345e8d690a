import type { JsonType } from '@flick/schema';
import type { Findings } from './faults.ts';
import type { Encoding, MediaKind, MediaType, ParameterStyle } from './model.ts';
import { booleanAt, entriesOf, followed, isObjectPlace, nameOf, type Reading } from './reading.ts';
import type { SchemaCell, SchemaReader } from './schemas.ts';
import { type Place, placeAt } from './sources.ts';

// RFC 9110, section 8.3.1: type "/" subtype, each a token.
const rangePattern = /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+$/;

const noEncoding: ReadonlyMap<string, Encoding> = new Map();

/** Reads a `content` map; the most specific range comes first. */
export function readContent(
  reading: Reading,
  content: Place,
  schemas: SchemaReader,
  findings: Findings,
): readonly MediaType[] {
  if (content.value !== undefined && !isObjectPlace(content)) {
    findings.error(content, '"content" is not an object; name media types in it, such as application/json');
    return [];
  }
  const byRange = new Map<string, Declared[]>();
  for (const entry of entriesOf(content)) {
    const name = nameOf(entry);
    const range = (name.split(';')[0] ?? '').trim().toLowerCase();
    if (!rangePattern.test(range)) {
      findings.warn(entry, `"${name}" is not a media type, so that no body has it; write one such as application/json`);
    }
    const media = followed(reading, entry, findings);
    if (media === undefined) continue;
    if (!isObjectPlace(media)) findings.warn(media, `"${name}" has no schema; write { schema: ... } below it`);
    const known = byRange.get(range);
    const declared = { place: media, parameters: parametersIn(name) };
    if (known === undefined) byRange.set(range, [declared]);
    else known.push(declared);
  }
  return Object.freeze(
    [...byRange]
      .map(([range, declared]) => readDeclared(reading, range, declared, schemas, findings))
      .toSorted((a, b) => breadthOf(a.range) - breadthOf(b.range)),
  );
}

function breadthOf(range: string): number {
  if (range === '*/*') return 3;
  if (range.endsWith('/*')) return 2;
  return range.includes('*') ? 1 : 0;
}

/** One entry of a `content` map. */
interface Declared {
  readonly place: Place;
  /** Of its media type, by lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

function parametersIn(name: string): ReadonlyMap<string, string> {
  const pairs = Array.from(name.matchAll(/;\s*([^=;\s]+)=(?:"([^"]*)"|([^;\s]*))/g));
  return new Map(pairs.map(([, key = '', quoted, plain = '']) => [key.toLowerCase(), quoted ?? plain]));
}

/**
 * Reads one range. A document may have it several times, with different parameters: a body whose Content-Type has those of
 * one must fit that one, and any other body one of them all.
 */
function readDeclared(
  reading: Reading,
  range: string,
  declared: readonly Declared[],
  schemas: SchemaReader,
  findings: Findings,
): MediaType {
  const all = declared.map(({ place }) => place);
  const named = declared.filter(({ parameters }) => parameters.size > 0);
  const item = readItem(reading, range, all, schemas, findings);
  if (declared.length === 1 || named.length === 0) return readMedia(range, all, schemas, findings, item);
  // What is wrong with their schemas is told of all together.
  const untold = findings.part();
  const versions = named.map(({ place, parameters }) => readMedia(range, [place], schemas, untold, { parameters }));
  return readMedia(range, all, schemas, findings, { ...item, versions });
}

function readMedia<More extends object>(
  range: string,
  places: readonly Place[],
  schemas: SchemaReader,
  findings: Findings,
  more: More,
): MediaType & More {
  const declared = places.map((place) => placeAt(place, 'schema'));
  const silent = declared.some((place) => place.value === undefined);
  const cell = silent ? undefined : schemas.read(declared, findings);
  const kind = kindOf(range);
  const encodes = kind === 'form' || kind === 'multipart';
  const encoding = encodes ? new Map(places.flatMap((place) => readEncodings(place, findings))) : noEncoding;
  if (cell === undefined) return Object.freeze({ ...more, range, kind: kind === 'text' ? 'opaque' : kind, encoding });
  if (kind === 'opaque' && breadthOf(range) === 0) return Object.freeze({ ...more, range, kind, encoding });
  return Object.freeze({
    ...more,
    range,
    get kind(): MediaKind {
      return kind === 'text' && !holdsText(cell) ? 'opaque' : kind;
    },
    check: cell.check,
    get shape() {
      return cell.shape();
    },
    encoding,
  });
}

/** Reads `itemSchema`, of answers alone: what streams to the API is not read. */
function readItem(
  { release }: Reading,
  range: string,
  places: readonly Place[],
  schemas: SchemaReader,
  findings: Findings,
): Pick<MediaType, 'item'> {
  const kind = kindOf(range);
  if (schemas.judgesRequests || (kind !== 'opaque' && kind !== 'text')) return {};
  const declared = places.map((place) => placeAt(place, 'itemSchema'));
  if (declared.some(({ value }) => value === undefined)) return {};
  for (const place of release === '3.2' ? [] : declared) {
    findings.warn(place, '"itemSchema" is of OpenAPI 3.2; write openapi: 3.2.0');
  }
  const cell = schemas.read(declared, findings);
  if (cell === undefined) return {};
  const { check } = cell;
  return {
    item: Object.freeze({
      check,
      get shape() {
        return cell.shape();
      },
    }),
  };
}

function holdsText(cell: SchemaCell): boolean {
  const types: ReadonlySet<JsonType> = cell.shape().types;
  return types.size === 0 || types.has('string');
}

function kindOf(range: string): MediaKind {
  // Not registered, and what servers of some makers read as JSON all the same.
  if (range === 'application/json' || range === 'text/json' || range.endsWith('+json')) return 'json';
  if (range === 'application/x-www-form-urlencoded') return 'form';
  if (range === 'multipart/form-data') return 'multipart';
  return range.startsWith('text/') ? 'text' : 'opaque';
}

const encodingStyles: readonly ParameterStyle[] = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'];

function readEncodings(media: Place, findings: Findings): [string, Encoding][] {
  return entriesOf(placeAt(media, 'encoding')).map((place) => {
    const contentType = placeAt(place, 'contentType').value;
    const style = styleAt(place, encodingStyles, 'form', findings);
    return [
      nameOf(place),
      Object.freeze({
        contentTypes: Object.freeze(typeof contentType === 'string' ? typesIn(contentType) : []),
        style,
        explode: booleanAt(place, 'explode', style === 'form', findings),
        allowReserved: booleanAt(place, 'allowReserved', false, findings),
      }),
    ];
  });
}

function typesIn(list: string): string[] {
  const types = list.split(',').map((type) => (type.split(';')[0] ?? '').trim().toLowerCase());
  return types.filter((type) => type !== '');
}

/** Reads `style`. One that its place does not know is a warning, and the place's own default is taken. */
export function styleAt(
  place: Place,
  allowed: readonly ParameterStyle[],
  fallback: ParameterStyle,
  findings: Findings,
): ParameterStyle {
  const spot = placeAt(place, 'style');
  if (spot.value === undefined) return fallback;
  const style = allowed.find((each) => each === spot.value);
  if (style === undefined) {
    const written = typeof spot.value === 'string' ? `"${spot.value}"` : 'this';
    findings.warn(spot, `${written} is no style here and is read as ${fallback}; write one of ${allowed.join(', ')}`);
  }
  return style ?? fallback;
}
