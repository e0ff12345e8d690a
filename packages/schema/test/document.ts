import { type Check, type CompilerOptions, createCompiler, type Resolve, type SchemaFault } from '@flick/schema';
import { Lowering, type LoweringOptions } from '../src/lower.ts';

const uri = 'contract:/api';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Lowers the schemas of one document, as those of a request's body. */
export function loweringOf(root: unknown, unknownMembers: LoweringOptions['unknownMembers']): Lowering {
  const resolve = resolverOf(root);
  return new Lowering({ dialect: '3.1', direction: 'request', unknownMembers, resolve, hasAnchors: () => false });
}

/** Follows refs in one document: pointers, `$anchor`, `$dynamicAnchor` and `$id`, as the contract's reader does. */
export function resolverOf(root: unknown): Resolve {
  const places: { pointer: string; base: string; schema: Record<string, unknown> }[] = [];
  const visit = (value: unknown, pointer: string, outer: string): void => {
    if (!isObject(value)) return;
    const base = typeof value['$id'] === 'string' ? new URL(value['$id'], outer).href : outer;
    places.push({ pointer, base, schema: value });
    for (const [name, each] of Object.entries(value)) {
      if (name !== 'example' && name !== 'enum') visit(each, `${pointer}/${escaped(name)}`, base);
    }
  };
  visit(root, '', uri);
  return (ref, from) => {
    const pointer = decodeURIComponent(from.slice(from.indexOf('#') + 1));
    const around = places.filter((place) => pointer === place.pointer || pointer.startsWith(`${place.pointer}/`));
    const base = around.at(-1)?.base ?? uri;
    const url = new URL(ref, base).href;
    const address = url.replace(/#.*$/, '');
    const fragment = decodeURIComponent(url.slice(address.length + 1));
    const start = places.find((place) => place.base === address);
    if (start === undefined) throw new Error(`$ref "${ref}" names no document; mend it`);
    if (fragment !== '' && !fragment.startsWith('/')) {
      const named = places.find(
        ({ base: own, schema }) =>
          own === address && (schema['$anchor'] === fragment || schema['$dynamicAnchor'] === fragment),
      );
      if (named === undefined) throw new Error(`$ref "${ref}" names no anchor; mend it`);
      return { schema: named.schema, location: `${uri}#${encodeURI(named.pointer)}` };
    }
    let schema: unknown = start.schema;
    for (const token of fragment.split('/').slice(1)) {
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      schema = isObject(schema) && Object.hasOwn(schema, name) ? schema[name] : undefined;
    }
    return { schema, location: `${uri}#${encodeURI(start.pointer + fragment)}` };
  };
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export type Settings = Partial<Omit<CompilerOptions, 'resolve'>>;

/** Compiles the schema at a pointer of a document. */
export function compilerOf(root: unknown, settings: Settings = {}): ReturnType<typeof createCompiler> {
  return createCompiler({
    dialect: '3.1',
    direction: 'request',
    unknownMembers: 'as_schema',
    hasAnchors: () => /"\$(?:dynamicA|a)nchor"/.test(JSON.stringify(root)),
    ...settings,
    resolve: resolverOf(root),
  });
}

/** Checks by a schema that is a document of its own. */
export function checkOf(schema: unknown, settings: Settings = {}): Check {
  return compilerOf(schema, settings).check({ schema, location: `${uri}#` });
}

/** Checks by one of `components.schemas`. */
export function checkOfNamed(name: string, schemas: Record<string, unknown>, settings: Settings = {}): Check {
  const document = { components: { schemas } };
  const schema = { $ref: `#/components/schemas/${name}` };
  return compilerOf(document, settings).check({ schema, location: `${uri}#/components/schemas/${name}` });
}

/** A fault as one line. */
export function told(faults: readonly SchemaFault[] | undefined): string[] | undefined {
  return faults?.map(({ pointer, keyword, due, arrived }) => `${pointer} ${keyword}: due ${due}, arrived ${arrived}`);
}
