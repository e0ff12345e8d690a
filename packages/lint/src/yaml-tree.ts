import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { TextMap, TextMember, TextTree } from './text-map.ts';

// As the contract reads YAML.
const options = { merge: true, stringKeys: true, uniqueKeys: false, prettyErrors: false, logLevel: 'error' } as const;

/** Finds the maps of a YAML text, through aliases and merge keys. */
export function yamlTree(text: string): TextTree {
  const document = parseDocument(text, options);
  return {
    value: document.toJS({ maxAliasCount: 10_000 }),
    mapAt(path): TextMap | undefined {
      let node: unknown = document.contents;
      for (const name of path) node = childOf(node, name, document);
      const map = resolved(node, document);
      return isMap(map) ? textMapOf(map) : undefined;
    },
  };
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function childOf(parent: unknown, name: string, document: Document): unknown {
  const node = resolved(parent, document);
  if (isSeq(node)) return node.items[Number(name)];
  if (!isMap(node)) return undefined;
  const own = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === name);
  if (own !== undefined) return own.value;
  for (const { key, value } of node.items) {
    if (!isScalar(key) || key.value !== '<<') continue;
    const source = resolved(value, document);
    for (const each of isSeq(source) ? source.items : [source]) {
      const child = childOf(each, name, document);
      if (child !== undefined) return child;
    }
  }
  return undefined;
}

function textMapOf(map: YAMLMap): TextMap {
  const members = map.items.flatMap(({ key, value }): TextMember[] => {
    if (!isScalar(key) || !key.range) return [];
    return [{ name: String(key.value), start: key.range[0], end: endOf(value) ?? key.range[1] }];
  });
  return { form: map.flow === true ? 'flow' : 'block', start: map.range?.[0] ?? 0, members };
}

/** Just behind the last character of a node. The library counts comments that follow a block as part of it. */
function endOf(node: unknown): number | undefined {
  if (isPair(node)) return endOf(node.value) ?? endOf(node.key);
  if (isCollection(node) && node.flow !== true && node.items.length > 0) return endOf(node.items.at(-1));
  return isNode(node) ? node.range?.[1] : undefined;
}
