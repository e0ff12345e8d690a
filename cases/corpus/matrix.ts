/**
 * Documents that have what real ones have seldom: every style and explode of every place with every type of value, and
 * a body in every kind of media type. They are made, since no list by hand would be whole.
 */

/** The releases of OpenAPI that differ in what they know. */
export const releases = ['3.0.4', '3.1.1', '3.2.0'] as const;

type Release = (typeof releases)[number];

const object = { type: 'object', required: ['r'], properties: { r: { type: 'integer' }, g: { type: 'string' } } };

/** What each release has its own words for: null beside a type, a value alone, bounds left out, and names. */
function wordsOf(release: Release): {
  nullable: object;
  constant: object;
  above: object;
  names: object;
} {
  return release === '3.0.4'
    ? {
        nullable: { type: 'integer', nullable: true },
        constant: { enum: ['v1'], type: 'string' },
        above: { type: 'number', minimum: 3, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true },
        names: {},
      }
    : {
        nullable: { type: ['integer', 'null'] },
        constant: { const: 'v1' },
        above: { type: 'number', exclusiveMinimum: 3, exclusiveMaximum: 9 },
        names: { propertyNames: { pattern: '^[a-z][a-z0-9]*$' } },
      };
}

/** Schemas by the type of what they take, and by what they ask of it. */
function schemasOf(release: Release): Record<string, object> {
  const { nullable, constant, above, names } = wordsOf(release);
  return {
    string: { type: 'string', maxLength: 40 },
    integer: { type: 'integer', minimum: 2, maximum: 90 },
    number: { type: 'number', minimum: 0.5 },
    boolean: { type: 'boolean' },
    array: { type: 'array', items: { type: 'integer' }, minItems: 2 },
    object,
    nullable,
    enum: { type: 'string', enum: ['red', 'green'] },
    default: { type: 'integer', default: 7 },
    constant,
    above,
    even: { type: 'integer', multipleOf: 2 },
    code: { type: 'string', minLength: 3, pattern: '^[a-z]+$' },
    day: { type: 'string', format: 'date' },
    set: { type: 'array', items: { type: 'string', minLength: 2, maxLength: 9 }, uniqueItems: true, maxItems: 3 },
    closed: {
      type: 'object',
      required: ['r'],
      properties: { r: { type: 'integer', maximum: 9 }, g: { type: 'string', enum: ['on', 'off'] } },
      additionalProperties: false,
      minProperties: 2,
    },
    few: { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 2, maxProperties: 3, ...names },
    either: { oneOf: [{ type: 'integer', maximum: 10 }, { type: 'boolean' }] },
  };
}

const arrays: ReadonlySet<string> = new Set(['array', 'set']);
const objects: ReadonlySet<string> = new Set(['object', 'closed', 'few']);

const stylesBefore32: Readonly<Record<string, readonly string[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

/**
 * What the specification defines: the delimited styles for arrays and objects in one parameter, deepObject for objects.
 * Of cookies under names that nobody declares, no one can say whose they are.
 */
function isDefined(style: string, explode: boolean, type: string, where: string): boolean {
  if (where === 'cookie' && explode && type === 'few') return false;
  if (style === 'deepObject') return explode && objects.has(type);
  if (style === 'spaceDelimited' || style === 'pipeDelimited')
    return !explode && (arrays.has(type) || objects.has(type));
  return true;
}

/** One parameter of the matrix, as `name` says: place, style, explode, type. */
function parametersOf(release: Release): { name: string; in: string; parameter: object }[] {
  const found: { name: string; in: string; parameter: object }[] = [];
  for (const [where, before] of Object.entries(stylesBefore32)) {
    const styles = release === '3.2.0' && where === 'cookie' ? [...before, 'cookie'] : before;
    for (const [type, schema] of Object.entries(schemasOf(release))) {
      for (const style of styles) {
        for (const explode of [false, true].filter((each) => isDefined(style, each, type, where))) {
          const name = `${where}-${style}-${explode ? 'exploded' : 'whole'}-${type}`;
          found.push({ name, in: where, parameter: { name, in: where, required: true, style, explode, schema } });
        }
      }
      const name = `${where}-content-${type}`;
      // JSON has quotes and commas, which no plain cookie or list of fields can hold.
      if (where === 'path' || where === 'query') {
        const content = { 'application/json': { schema } };
        found.push({ name, in: where, parameter: { name, in: where, required: true, content } });
      }
    }
  }
  return release === '3.2.0' ? [...found, ...wholeQueriesOf(release)] : found;
}

/** Queries that are one value, in a media type of their own (OpenAPI 3.2). */
function wholeQueriesOf(release: Release): { name: string; in: string; parameter: object }[] {
  const form = { schema: membersOf(release), encoding: { part: { contentType: 'application/json' } } };
  const all = Object.entries(schemasOf(release)).map(([type, schema]): [string, object] => [
    `querystring-json-${type}`,
    { 'application/json': { schema } },
  ]);
  all.push(['querystring-form', { 'application/x-www-form-urlencoded': form }]);
  return all.map(([name, content]) => {
    return { name, in: 'querystring', parameter: { name, in: 'querystring', required: true, content } };
  });
}

/** Whatever a keyword can ask for, in one object. */
function membersOf(release: Release): object {
  const { constant, above, names } = wordsOf(release);
  return {
    type: 'object',
    required: ['name', 'size'],
    properties: {
      name: { type: 'string', minLength: 2, maxLength: 60, pattern: '^[a-z0-9]+$' },
      size: { type: 'integer', minimum: 1, maximum: 1000, multipleOf: 1 },
      weight: above,
      even: { type: 'integer', multipleOf: 2 },
      kind: { type: 'string', enum: ['round', 'flat'] },
      version: constant,
      day: { type: 'string', format: 'date' },
      tags: { type: 'array', items: { type: 'string', minLength: 2 }, maxItems: 4, uniqueItems: true },
      more: { type: 'array', items: { type: 'integer', maximum: 50 }, minItems: 2 },
      deep: { type: 'object', required: ['a'], properties: { a: { type: 'string', enum: ['x', 'y'] } } },
      part: {
        type: 'object',
        required: ['b'],
        properties: { b: { type: 'boolean' }, c: { type: 'array', items: { type: 'integer' } } },
        additionalProperties: false,
      },
      labels: {
        type: 'object',
        additionalProperties: { type: 'integer' },
        minProperties: 2,
        maxProperties: 3,
        ...names,
      },
      either: { oneOf: [{ type: 'integer', maximum: 10 }, { type: 'boolean' }] },
    },
    additionalProperties: false,
  };
}

function bodiesOf(release: Release): Record<string, object> {
  const schema = membersOf(release);
  return {
    'application/json': { schema },
    'application/vnd.matrix+json': { schema },
    'application/x-www-form-urlencoded': {
      schema,
      encoding: {
        tags: { style: 'form', explode: true },
        more: { style: 'pipeDelimited', explode: false },
        deep: { style: 'deepObject', explode: true },
        part: { contentType: 'application/json' },
      },
    },
    'multipart/form-data': { schema, encoding: { part: { contentType: 'application/json' } } },
    'text/plain': { schema: { type: 'string', minLength: 3, maxLength: 100, pattern: '^[a-z]' } },
    'text/csv': { schema: { type: 'string', format: 'date' } },
    'text/x-word': { schema: { type: 'string', enum: ['yes', 'no'] } },
    'application/octet-stream': { schema: {} },
  };
}

/** A document of one release: an operation for each parameter, and one for each media type. */
export function matrixOf(release: Release): object {
  const responses = { 204: { description: 'Taken.' } };
  const paths: Record<string, object> = {};
  for (const { name, in: where, parameter } of parametersOf(release)) {
    const path = where === 'path' ? `/${name}/{${name}}` : `/${name}`;
    paths[path] = { get: { operationId: name, parameters: [parameter], responses } };
  }
  for (const [type, media] of Object.entries(bodiesOf(release))) {
    const path = `/bodies/${type.replace('/', '-')}`;
    paths[path] = { post: { requestBody: { required: true, content: { [type]: media } }, responses } };
  }
  return { openapi: release, info: { title: 'Matrix', version: '1' }, paths };
}
