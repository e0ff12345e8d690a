import type { Findings } from './faults.ts';
import { readContent, styleAt } from './media.ts';
import type { MediaType, Parameter, ParameterIn, ParameterStyle } from './model.ts';
import { booleanAt, entriesOf, followed, isObjectPlace, nameOf, type ObjectPlace, type Reading } from './reading.ts';
import type { SchemaReader } from './schemas.ts';
import { locationOf, type Place, placeAt } from './sources.ts';

/** Which styles a place knows, its default first (OpenAPI, "Style Values"). */
const styles: Readonly<Record<ParameterIn, readonly [ParameterStyle, ...ParameterStyle[]]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  querystring: ['form'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
};

// OpenAPI has these ignored as header parameters: content, responses and security say what they may be.
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization']);

// Of one connection, not of the request: whoever passes it on may frame it otherwise (RFC 9110, section 7.6.1).
const framingHeaders = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

interface Part {
  readonly parameter: Parameter | undefined;
  readonly findings: Findings;
}

/** Reads parameters; those that many operations share are read once. */
export class ParameterReader {
  readonly #reading: Reading;
  readonly #parts = new Map<string, Part>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Reads the parameters of an operation: those of its path, overridden by its own of the same place and name. */
  readAll(lists: readonly Place[], schemas: SchemaReader, findings: Findings): Parameter[] {
    const all = new Map<string, Parameter>();
    for (const list of lists) {
      if (list.value === undefined) continue;
      if (list.value === null) {
        findings.warn(list, '"parameters" is empty; write parameters in it, or leave it out');
        continue;
      }
      if (!Array.isArray(list.value)) {
        findings.error(list, '"parameters" is not a list; write each parameter as an item');
        continue;
      }
      const own = new Map<string, Parameter>();
      for (let index = 0; index < list.value.length; index += 1) {
        const place = placeAt(list, index);
        const parameter = this.#readShared(place, schemas, findings);
        if (parameter === undefined) continue;
        const key = keyOf(parameter);
        if (own.has(key)) {
          const what = `${parameter.in} parameter "${parameter.name}"`;
          findings.warn(place, `the ${what} is there twice and the first one counts; remove one of them`);
        } else {
          own.set(key, parameter);
        }
      }
      for (const [key, parameter] of own) all.set(key, parameter);
    }
    const parameters = [...all.values()];
    const whole = parameters.filter((parameter) => parameter.in === 'querystring');
    const parted = whole.length > 1 || (whole.length === 1 && parameters.some(({ in: place }) => place === 'query'));
    const list = lists.findLast((each) => each.value !== undefined);
    if (parted && list !== undefined) {
      findings.error(list, 'a querystring parameter takes the whole query; remove the other query parameters');
    }
    return parameters;
  }

  /** Reads the `headers` of a response. */
  readHeaders(headers: Place, schemas: SchemaReader, findings: Findings): Parameter[] {
    return entriesOf(headers).flatMap((entry) => {
      const name = nameOf(entry);
      const place = followed(this.#reading, entry, findings);
      if (place === undefined || name.toLowerCase() === 'content-type') return [];
      if (isObjectPlace(place)) return [this.#build(place, name, 'header', schemas, findings)];
      findings.warn(place, `the header "${name}" is not an object; write { schema: ... } below it`);
      return [];
    });
  }

  #readShared(entry: Place, schemas: SchemaReader, findings: Findings): Parameter | undefined {
    const place = followed(this.#reading, entry, findings);
    if (place === undefined) return undefined;
    const key = `${schemas.key} ${locationOf(place)}`;
    let part = this.#parts.get(key);
    if (part === undefined) {
      const own = findings.part();
      part = { parameter: this.#read(place, schemas, own), findings: own };
      this.#parts.set(key, part);
    }
    findings.adopt(part.findings);
    return part.parameter;
  }

  #read(place: Place, schemas: SchemaReader, findings: Findings): Parameter | undefined {
    if (!isObjectPlace(place)) {
      findings.error(place, 'the parameter is not an object; give it "name", "in" and "schema"');
      return undefined;
    }
    const { name, in: written } = place.value;
    if (typeof name !== 'string' || name === '') {
      findings.error(place, 'the parameter has no "name"; write the name that callers send');
      return undefined;
    }
    const where = placeOf(written);
    if (where === undefined) {
      const mend =
        written === 'body' || written === 'formData'
          ? 'Swagger 2.0 had it so; describe the body in "requestBody"'
          : 'write path, query, header or cookie';
      findings.error(placeAt(place, 'in'), `the parameter "${name}" has no known place in "in"; ${mend}`);
      return undefined;
    }
    if (where === 'querystring' && this.#reading.release !== '3.2') {
      findings.warn(placeAt(place, 'in'), '"querystring" is of OpenAPI 3.2; write openapi: 3.2.0');
    }
    // RFC 9110, section 5.1: a field name is a token.
    if (where === 'header' && !/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      findings.warn(placeAt(place, 'name'), `"${name}" can be no header's name and is left out; mend the name`);
      return undefined;
    }
    if (where === 'header' && isIgnored(name.toLowerCase())) return undefined;
    return this.#build(place, name, where, schemas, findings);
  }

  #build(place: ObjectPlace, name: string, where: ParameterIn, schemas: SchemaReader, findings: Findings): Parameter {
    const allowed = styles[where];
    const style = styleAt(place, allowed, allowed[0], findings);
    const declared = booleanAt(place, 'required', where === 'path', findings);
    if (where === 'path' && (!declared || place.value['required'] === undefined)) {
      findings.warn(place, `the path parameter "${name}" is not marked as required; write required: true`);
    }
    const media = this.#mediaOf(place, name, schemas, findings);
    const schema = placeAt(place, 'schema');
    const cell =
      (media === undefined && schema.value !== undefined ? schemas.read([schema], findings) : undefined) ??
      schemas.silent(place);
    const query = where === 'query';
    const spans = where === 'path' && [place, schema].some((each) => placeAt(each, 'x-multi-segment').value === true);
    return Object.freeze({
      name,
      in: where,
      required: declared || where === 'path',
      style,
      explode: booleanAt(place, 'explode', style === 'form' || style === 'cookie', findings),
      allowReserved: booleanAt(place, 'allowReserved', false, findings),
      allowEmptyValue: query && booleanAt(place, 'allowEmptyValue', false, findings),
      ...(media === undefined ? {} : { media }),
      ...(spans && { spansSegments: true as const }),
      get shape() {
        return media?.shape ?? cell.shape();
      },
      check: media?.check ?? cell.check,
      pointer: place.pointer,
    });
  }

  /** The media type of a `content` parameter; `undefined` where it has a `schema`. */
  #mediaOf(place: ObjectPlace, name: string, schemas: SchemaReader, findings: Findings): MediaType | undefined {
    const content = placeAt(place, 'content');
    const hasSchema = place.value['schema'] !== undefined;
    if (content.value === undefined) {
      if (!hasSchema) {
        findings.warn(place, `the parameter "${name}" has neither "schema" nor "content" and takes any text; add one`);
      }
      return undefined;
    }
    if (hasSchema) {
      findings.warn(content, `the parameter "${name}" has "schema" and "content", and "schema" counts; remove one`);
      return undefined;
    }
    const entries = readContent(this.#reading, content, schemas, findings);
    if (entries.length !== 1) {
      findings.warn(content, `the parameter "${name}" has not exactly one media type in "content"; name one`);
    }
    return entries[0];
  }
}

function isIgnored(name: string): boolean {
  return ignoredHeaders.has(name) || framingHeaders.has(name);
}

function keyOf(parameter: Parameter): string {
  const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name;
  return `${parameter.in} ${name}`;
}

function placeOf(written: unknown): ParameterIn | undefined {
  switch (written) {
    case 'path':
    case 'query':
    case 'querystring':
    case 'header':
    case 'cookie':
      return written;
    default:
      return undefined;
  }
}
