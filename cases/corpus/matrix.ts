/**
 * Documents that have what real ones have seldom: every style and explode of every place with every type of value, and
 * a body in every kind of media type. They are made, since no list by hand would be whole.
 */

/** The releases of OpenAPI that differ in what they know. */
export const releases = ['3.0.4', '3.1.1', '3.2.0'] as const;

type Release = (typeof releases)[number];

const object = { type: 'object', required: ['r'], properties: { r: { type: 'integer' }, g: { type: 'string' } } };

/** Schemas by the type of what they take. */
function schemasOf(release: Release): Record<string, object> {
  return {
    string: { type: 'string', maxLength: 40 },
    integer: { type: 'integer', minimum: 2, maximum: 90 },
    number: { type: 'number', minimum: 0.5 },
    boolean: { type: 'boolean' },
    array: { type: 'array', items: { type: 'integer' }, minItems: 2 },
    object,
    nullable: release === '3.0.4' ? { type: 'integer', nullable: true } : { type: ['integer', 'null'] },
    enum: { type: 'string', enum: ['red', 'green'] },
    default: { type: 'integer', default: 7 },
  };
}

const stylesBefore32: Readonly<Record<string, readonly string[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

/** What the specification defines: the delimited styles for arrays and objects in one parameter, deepObject for objects. */
function isDefined(style: string, explode: boolean, type: string): boolean {
  if (style === 'deepObject') return explode && type === 'object';
  if (style === 'spaceDelimited' || style === 'pipeDelimited')
    return !explode && (type === 'array' || type === 'object');
  return true;
}

/** One parameter of the matrix, as `name` says: place, style, explode, type. */
function parametersOf(release: Release): { name: string; in: string; parameter: object }[] {
  const found: { name: string; in: string; parameter: object }[] = [];
  for (const [where, before] of Object.entries(stylesBefore32)) {
    const styles = release === '3.2.0' && where === 'cookie' ? [...before, 'cookie'] : before;
    for (const [type, schema] of Object.entries(schemasOf(release))) {
      for (const style of styles) {
        for (const explode of [false, true].filter((each) => isDefined(style, each, type))) {
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
  return found;
}

const members = {
  type: 'object',
  required: ['name', 'size'],
  properties: {
    name: { type: 'string' },
    size: { type: 'integer', minimum: 1 },
    tags: { type: 'array', items: { type: 'string' } },
    more: { type: 'array', items: { type: 'integer' } },
    deep: { type: 'object', properties: { a: { type: 'string' } } },
    part: { type: 'object', properties: { b: { type: 'boolean' } } },
  },
};

const bodies: Readonly<Record<string, object>> = {
  'application/json': { schema: members },
  'application/vnd.matrix+json': { schema: members },
  'application/x-www-form-urlencoded': {
    schema: members,
    encoding: {
      tags: { style: 'form', explode: true },
      more: { style: 'pipeDelimited', explode: false },
      deep: { style: 'deepObject', explode: true },
      part: { contentType: 'application/json' },
    },
  },
  'multipart/form-data': { schema: members, encoding: { part: { contentType: 'application/json' } } },
  'text/plain': { schema: { type: 'string', maxLength: 100 } },
  'application/octet-stream': { schema: {} },
};

/** A document of one release: an operation for each parameter, and one for each media type. */
export function matrixOf(release: Release): object {
  const responses = { 204: { description: 'Taken.' } };
  const paths: Record<string, object> = {};
  for (const { name, in: where, parameter } of parametersOf(release)) {
    const path = where === 'path' ? `/${name}/{${name}}` : `/${name}`;
    paths[path] = { get: { operationId: name, parameters: [parameter], responses } };
  }
  for (const [type, media] of Object.entries(bodies)) {
    const path = `/bodies/${type.replace('/', '-')}`;
    paths[path] = { post: { requestBody: { required: true, content: { [type]: media } }, responses } };
  }
  return { openapi: release, info: { title: 'Matrix', version: '1' }, paths };
}
