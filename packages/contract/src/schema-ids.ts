import { pointerAt } from './pointer.ts';
import type { Place, SourceFile } from './sources.ts';

/** What the schemas of one file call themselves (JSON Schema, sections 8.2.1 and 8.2.2). */
export interface SchemaIds {
  /** By absolute URI. */
  readonly resources: ReadonlyMap<string, Place>;
  /** By `base#name`. */
  readonly anchors: ReadonlyMap<string, Place>;
  /** The base URI in force at a pointer. */
  readonly baseOf: (pointer: string) => string;
}

// Values in which `$id` is a caller's data and no name.
const dataKeywords = new Set(['example', 'examples', 'enum', 'const', 'default']);
// Objects whose members are names that the author chose, `default` and `example` among them.
const namingKeywords = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
  'schemas',
  'responses',
  'parameters',
  'headers',
  'requestBodies',
]);

/** Finds all `$id`, `$anchor` and `$dynamicAnchor` of a file. */
export function indexIds(file: SourceFile): SchemaIds {
  const resources = new Map<string, Place>();
  const anchors = new Map<string, Place>();
  const bases: { readonly pointer: string; readonly uri: string }[] = [];
  const seen = new Set<unknown>();
  const pending = [{ pointer: '', value: file.root, base: file.uri, naming: false }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { pointer, value, naming } = next;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const place = { file, pointer, value };
    const members = new Map<string, unknown>(Object.entries(value));
    let { base } = next;
    const id = members.get('$id');
    if (!naming && typeof id === 'string' && URL.canParse(id, base)) {
      base = new URL(id, base).href.replace(/#$/, '');
      resources.set(base, place);
      bases.push({ pointer, uri: base });
    }
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const name = members.get(keyword);
      if (!naming && typeof name === 'string') anchors.set(`${base}#${name}`, place);
    }
    for (const [key, child] of members) {
      if (!naming && dataKeywords.has(key)) continue;
      const inner = {
        pointer: pointerAt(pointer, key),
        value: child,
        base,
        naming: !naming && namingKeywords.has(key),
      };
      pending.push(inner);
    }
  }
  const longestFirst = bases.toSorted((a, b) => b.pointer.length - a.pointer.length);
  const baseOf = (pointer: string): string =>
    longestFirst.find((each) => pointer === each.pointer || pointer.startsWith(`${each.pointer}/`))?.uri ?? file.uri;
  return { resources, anchors, baseOf };
}
