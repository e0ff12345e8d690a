import type { Operation } from '@flick/contract';
import { canonicalLiteral } from './path-text.ts';
import { characterEnd, type Joints, literalAt } from './segment-parts.ts';

/** An operation at one of its templates. */
export interface Route {
  readonly operation: Operation;
  /** Where it stands among the contract's operations. */
  readonly place: number;
  /** The template's parameters, in order. */
  readonly names: readonly string[];
  /** Present where a segment has several of them, so that there may be more than one way to share its text out. */
  readonly joints: Joints | undefined;
}

/** What stands at the end of a template: the methods of all operations whose templates differ in names alone. */
interface Leaf {
  readonly routes: Map<string, Route>;
  /** Sorted, HEAD and OPTIONS included. */
  allow: readonly string[];
  /** Some operation here would not show which methods the path has. */
  hidden: boolean;
}

/** A segment of literals with parameters between them: `{id}.json` has the literals `` and `.json`. */
interface Mixed {
  readonly literals: readonly string[];
  readonly weight: number;
  readonly node: Node;
}

interface Node {
  readonly statics: Map<string, Node>;
  readonly mixed: Mixed[];
  whole: Node | undefined;
  /** What follows a parameter that takes one segment or more. */
  spanning: Node | undefined;
  leaf: Leaf | undefined;
}

const parameter = /\{([^{}]*)\}/g;

function emptyNode(): Node {
  return { statics: new Map(), mixed: [], whole: undefined, spanning: undefined, leaf: undefined };
}

/**
 * All paths of a contract, a level a segment, methods at the leaves. Segment by segment a literal goes before a mixed
 * segment, of those the one with more literal text, that before a whole parameter, and that before one which takes
 * several segments; a template without the method gives way to the next that has it. Each node is reached in one way
 * only, but for those below a parameter of several segments, of which a template has one at most: so no path, however
 * hostile, costs more than the templates that it really fits, times its segments.
 */
export class PathTree {
  readonly #root = emptyNode();

  constructor(operations: readonly Operation[]) {
    operations.forEach((operation, place) => {
      for (const template of operation.templates) this.#add(template, operation, place);
    });
    seal(this.#root, new Map());
  }

  /**
   * The operation that answers for a canonical path and a method; HEAD follows GET.
   *
   * @param values - receives the raw values of the template's parameters, in order
   */
  find(path: string, method: string, values: string[]): Route | undefined {
    return descend(this.#root, path, 1, { method, values, leaves: undefined });
  }

  /** What the templates say that a path fits: their methods; undefined where it fits none. */
  methods(path: string): { readonly allow: readonly string[]; readonly hidden: boolean } | undefined {
    const leaves: Leaf[] = [];
    descend(this.#root, path, 1, { method: '', values: [], leaves });
    const [first] = leaves;
    if (first === undefined || leaves.length === 1) return first;
    const all = new Set(leaves.flatMap(({ allow }) => allow));
    return { allow: [...all].toSorted(), hidden: leaves.some(({ hidden }) => hidden) };
  }

  #add(template: string, operation: Operation, place: number): void {
    const names: string[] = [];
    const all: (string | undefined)[] = [];
    let node = this.#root;
    const segments = template.replace(/^\//, '').split('/');
    // Of several that may, the first takes several segments.
    const spanning = operation.spanning && segments.find((segment) => isOf(segment, operation.spanning));
    for (const segment of segments) {
      if (segment === spanning) {
        names.push(segment.slice(1, -1));
        all.push(undefined);
        node = node.spanning ??= emptyNode();
      } else node = childOf(node, segment, names, all);
    }
    node.leaf ??= { routes: new Map(), allow: [], hidden: false };
    const joints = all.some((joint) => joint !== undefined) ? all : undefined;
    // The first in document order stands; the contract reports the other.
    if (!node.leaf.routes.has(operation.method)) {
      node.leaf.routes.set(operation.method, { operation, place, names, joints });
    }
    node.leaf.hidden ||= operation.switches.hideMethods;
  }
}

/** Whether a segment is a parameter of these names, and nothing else. */
function isOf(segment: string, names: readonly string[] = []): boolean {
  return segment.startsWith('{') && segment.endsWith('}') && names.includes(segment.slice(1, -1));
}

function childOf(node: Node, segment: string, names: string[], joints: (string | undefined)[]): Node {
  if (!segment.includes('{')) return literalChildOf(node, canonicalLiteral(segment));
  const literals: string[] = [];
  let from = 0;
  for (const match of segment.matchAll(parameter)) {
    const literal = canonicalLiteral(segment.slice(from, match.index));
    joints.push(literals.length === 0 ? undefined : literal);
    literals.push(literal);
    names.push(match[1] ?? '');
    from = match.index + match[0].length;
  }
  literals.push(canonicalLiteral(segment.slice(from)));
  const weight = literals.join('').length;
  if (literals.length === 1) return literalChildOf(node, literals[0] ?? '');
  if (literals.length === 2 && weight === 0) {
    node.whole ??= emptyNode();
    return node.whole;
  }
  const same = node.mixed.find((other) => other.literals.join('{}') === literals.join('{}'));
  if (same !== undefined) return same.node;
  const child = emptyNode();
  node.mixed.push({ literals, weight, node: child });
  return child;
}

function literalChildOf(node: Node, literal: string): Node {
  let child = node.statics.get(literal);
  if (child === undefined) {
    child = emptyNode();
    node.statics.set(literal, child);
  }
  return child;
}

/**
 * Sorts what is tried in order, and gives HEAD to every GET.
 *
 * @param allows - lists of methods that are made already, by the methods that are declared: most paths share a few
 */
function seal(node: Node, allows: Map<string, readonly string[]>): void {
  node.mixed.sort((a, b) => b.weight - a.weight || a.literals.length - b.literals.length);
  const { leaf } = node;
  if (leaf !== undefined) {
    const get = leaf.routes.get('GET');
    if (get !== undefined && !leaf.routes.has('HEAD')) leaf.routes.set('HEAD', get);
    const methods = [...leaf.routes.keys()].join();
    let allow = allows.get(methods);
    if (allow === undefined) {
      allow = [...new Set([...leaf.routes.keys(), 'OPTIONS'])].toSorted();
      allows.set(methods, allow);
    }
    leaf.allow = allow;
  }
  for (const child of node.statics.values()) seal(child, allows);
  for (const { node: child } of node.mixed) seal(child, allows);
  if (node.whole !== undefined) seal(node.whole, allows);
  if (node.spanning !== undefined) seal(node.spanning, allows);
}

/** What is looked for on the way down: a route, or all leaves. */
interface Search {
  readonly method: string;
  readonly values: string[];
  readonly leaves: Leaf[] | undefined;
}

function descend(node: Node, path: string, at: number, search: Search): Route | undefined {
  const slash = path.indexOf('/', at);
  const segment = slash < 0 ? path.slice(at) : path.slice(at, slash);
  const next = slash < 0 ? -1 : slash + 1;

  const literal = node.statics.get(segment);
  if (literal !== undefined) {
    const route = enter(literal, path, next, search);
    if (route !== undefined) return route;
  }
  const { values } = search;
  const mark = values.length;
  for (const mixed of node.mixed) {
    if (split(segment, mixed.literals, values)) {
      const route = enter(mixed.node, path, next, search);
      if (route !== undefined) return route;
    }
    values.length = mark;
  }
  if (node.whole !== undefined && segment !== '') {
    values.push(segment);
    const route = enter(node.whole, path, next, search);
    if (route !== undefined) return route;
    values.length = mark;
  }
  return node.spanning === undefined || segment === '' ? undefined : span(node.spanning, path, at, slash, search);
}

/** Enters a node below a parameter of several segments: behind the first segment, then behind one more at a time. */
function span(node: Node, path: string, at: number, slash: number, search: Search): Route | undefined {
  const { values } = search;
  const mark = values.length;
  for (let end = slash; ; end = path.indexOf('/', end + 1)) {
    // No value ends in a slash.
    if (end < 0 && path.endsWith('/')) return undefined;
    values.push(path.slice(at, end < 0 ? path.length : end));
    const route = enter(node, path, end < 0 ? -1 : end + 1, search);
    if (route !== undefined) return route;
    values.length = mark;
    if (end < 0) return undefined;
  }
}

function enter(node: Node, path: string, next: number, search: Search): Route | undefined {
  if (next >= 0) return descend(node, path, next, search);
  if (node.leaf === undefined) return undefined;
  if (search.leaves === undefined) return node.leaf.routes.get(search.method);
  search.leaves.push(node.leaf);
  return undefined;
}

/**
 * Splits a segment at its literals, each parameter taking one character or more and as few as it can; the last takes
 * the rest. The leftmost place of each literal is always a right one, so that no place is tried twice: whether the path
 * fits is found here, and which part each parameter has, where the schemas have a say in it, by `shareOut`.
 */
function split(segment: string, literals: readonly string[], values: string[]): boolean {
  const first = literals[0] ?? '';
  const last = literals[literals.length - 1] ?? '';
  if (!segment.startsWith(first)) return false;
  const end = segment.length - last.length;
  if (end <= first.length || literalAt(segment, last, end) !== end) return false;
  let from = first.length;
  for (let index = 1; index < literals.length - 1; index += 1) {
    const literal = literals[index] ?? '';
    const at = literalAt(segment, literal, characterEnd(segment, from));
    if (at < 0 || at + literal.length > end) return false;
    values.push(segment.slice(from, at));
    from = at + literal.length;
  }
  if (from >= end) return false;
  values.push(segment.slice(from, end));
  return true;
}
