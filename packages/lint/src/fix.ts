import { readFileSync } from 'node:fs';
import type { Operation } from '@flick/contract';
import { pathOf, valueAt } from './document-path.ts';
import { errorResponsesOf } from './error-responses.ts';
import { type Finding, LintFault } from './finding.ts';
import { type Insertion, insertionsInto, mannerOf, type TextManner, withInsertions } from './insertions.ts';
import { jsonTree } from './json-tree.ts';
import { inspect, type Inspection, type LintSettings } from './lint.ts';
import type { TextMap, TextTree } from './text-map.ts';
import { isMembers, type Members } from './written-value.ts';
import { yamlTree } from './yaml-tree.ts';

/** What a fix makes of a document. */
export interface Fix {
  /** The whole text; as it was where nothing is written. */
  readonly text: string;
  /** Findings that it mends. */
  readonly mended: readonly Finding[];
  /** Codes that are missing and that it cannot write, and why. */
  readonly left: readonly { readonly finding: Finding; readonly why: string }[];
}

/** A map of responses and all operations that have it: they may share it, by an alias or a `$ref` of the path. */
interface Target {
  readonly map: TextMap;
  readonly operations: Operation[];
}

/**
 * Writes the codes that are missing into a document, and changes nothing else of it: text is only added. Each refers
 * to a response in `components`, which is added where the document has none for the code.
 *
 * @returns the text; it is not written to the file
 * @throws ContractError where the document cannot be read, LintFault where it cannot be mended without harm
 */
export function fix(path: string, settings: LintSettings = {}): Fix {
  const source = sourceOf(path, settings);
  const mark = source.startsWith('\uFEFF') ? '\uFEFF' : '';
  const text = source.slice(mark.length);
  const inspection = inspect(path, settings, text);
  const missing = inspection.report.findings.filter((finding) => finding.missing !== undefined);
  if (missing.length === 0) return { text: source, mended: [], left: [] };
  const plan = planOf(treeOf(text), inspection, missing);
  const fixed = withInsertions(text, insertionsOf(text, plan, inspection));
  if (plan.mended.length > 0) verify(fixed, path, settings, inspection, plan);
  return { text: mark + fixed, mended: plan.mended, left: plan.left };
}

function sourceOf(path: string, settings: LintSettings): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // It says what is wrong with the file.
    inspect(path, settings);
    throw error;
  }
}

function treeOf(text: string): TextTree {
  try {
    return jsonTree(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return yamlTree(text);
  }
}

interface Plan {
  readonly tree: TextTree;
  /** What goes into which map of responses. */
  readonly additions: ReadonlyMap<Target, ReadonlySet<number>>;
  readonly mended: readonly Finding[];
  readonly left: Fix['left'];
}

function planOf(tree: TextTree, { contract, report }: Inspection, missing: readonly Finding[]): Plan {
  const targets = new Map<Operation, Target>();
  const byStart = new Map<number, Target>();
  const blocked = blockedSection(tree);
  for (const operation of contract.operations) {
    const map = operation.file === undefined ? tree.mapAt([...pathOf(operation.pointer), 'responses']) : undefined;
    if (map === undefined) continue;
    const target = byStart.get(map.start) ?? { map, operations: [] };
    target.operations.push(operation);
    byStart.set(map.start, target);
    targets.set(operation, target);
  }
  const operations = new Map(contract.operations.map((operation) => [operation.id, operation]));
  const lacks = new Set(missing.map(({ operation, missing: code }) => `${code} ${operation}`));
  const additions = new Map<Target, Set<number>>();
  const mended: Finding[] = [];
  const left: { finding: Finding; why: string }[] = [];
  for (const finding of missing) {
    const { missing: code, operation: id } = finding;
    const operation = operations.get(id ?? '');
    if (code === undefined || operation === undefined) continue;
    const target = targets.get(operation);
    const other = target?.operations.find((each) => !lacks.has(`${code} ${each.id}`));
    let why: string | undefined;
    if (finding.file !== report.document) why = `it stands in ${finding.file}; fix that file by hand`;
    else if (target === undefined) why = 'the operation has no "responses" to add to; write them first';
    else if (other !== undefined) why = `its responses are those of ${other.id} too, which needs no ${code}; part them`;
    else if (blocked !== undefined) why = `"${blocked}" is not written as a map of this file; write it so`;
    if (why !== undefined || target === undefined) {
      left.push({ finding, why: why ?? '' });
      continue;
    }
    const codes = additions.get(target) ?? new Set();
    additions.set(target, codes.add(code));
    mended.push(finding);
  }
  return { tree, additions, mended, left };
}

/** The section of `components` that is there and that nothing can be added to. */
function blockedSection(tree: TextTree): string | undefined {
  const sections = [['components'], ['components', 'responses'], ['components', 'schemas']];
  return sections.find((path) => valueAt(tree.value, path) !== undefined && tree.mapAt(path) === undefined)?.join('.');
}

function insertionsOf(text: string, { tree, additions }: Plan, { context }: Inspection): Insertion[] {
  const manner = mannerOf(text);
  const responses = errorResponsesOf(tree.value, context, (code) =>
    [...additions].flatMap(([{ operations }, codes]) => (codes.has(code) ? operations : [])),
  );
  const insertions = [...additions].flatMap(([{ map }, codes]) => {
    const members = [...codes]
      .toSorted((a, b) => a - b)
      .map((code) => [String(code), { $ref: responses.refOf(code) }] as const);
    return insertionsInto(text, map, members, manner, comesFirst);
  });
  const components = responses.added();
  return Object.keys(components).length === 0
    ? insertions
    : [...insertions, ...mergedInto(text, tree, [], { components }, manner)];
}

/** Adds members to the map at a path; what is there as a map is gone into, the rest is added whole. */
function mergedInto(
  text: string,
  tree: TextTree,
  path: readonly string[],
  added: Members,
  manner: TextManner,
): Insertion[] {
  const map = tree.mapAt(path);
  if (map === undefined) return [];
  const whole: (readonly [string, Members[string]])[] = [];
  const within: Insertion[] = [];
  for (const [name, value] of Object.entries(added)) {
    const below = tree.mapAt([...path, name]);
    if (below === undefined || !isMembers(value)) whole.push([name, value]);
    else within.push(...mergedInto(text, tree, [...path, name], value, manner));
  }
  return [...within, ...insertionsInto(text, map, whole, manner)];
}

/** Codes stand in their order, ranges and `default` behind all. */
function comesFirst(code: string, present: string): boolean {
  return /^\d+$/.test(present) ? Number(code) < Number(present) : /^(?:default|[45]xx)$/i.test(present);
}

/** Reads what would be written: each operation must list what it listed and what was added, nothing else. */
function verify(text: string, path: string, settings: LintSettings, before: Inspection, plan: Plan): void {
  const { contract } = inspect(path, settings, text);
  const added = new Map<string, ReadonlySet<number>>();
  for (const [{ operations }, codes] of plan.additions) for (const { id } of operations) added.set(id, codes);
  const due = before.contract.operations.map(({ id, responses }) => {
    return `${id} ${[...responses.keys(), ...[...(added.get(id) ?? [])].map(String)].toSorted().join()}`;
  });
  const found = contract.operations.map(({ id, responses }) => `${id} ${[...responses.keys()].toSorted().join()}`);
  const wrong = due.findIndex((line, index) => line !== found[index]);
  if (wrong === -1 && due.length === found.length) return;
  throw new LintFault(`${path}: the codes cannot be added without changing more; add them by hand`);
}
