/** Two values are equal (JSON Schema, section 4.2.2) where their canonical texts are: members sorted, 1.0 as 1. */
function canonicalText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`);
  return `{${members.toSorted().join()}}`;
}

/** Whether no two items are equal, in time linear in their text. */
export function allUnique(items: readonly unknown[]): boolean {
  const plain = new Set<unknown>();
  const structured = new Set<string>();
  for (const item of items) {
    const isPlain = typeof item !== 'object' || item === null;
    const seen = isPlain ? plain : structured;
    const sizeBefore = seen.size;
    if (isPlain) plain.add(item);
    else structured.add(canonicalText(item));
    if (seen.size === sizeBefore) return false;
  }
  return true;
}

const memberTests = new WeakMap<readonly unknown[], (value: unknown) => boolean>();

/** The test of being one of `values`, which must not change; made once a list. */
export function memberTest(values: readonly unknown[]): (value: unknown) => boolean {
  let test = memberTests.get(values);
  if (test === undefined) {
    test = makeMemberTest(values);
    memberTests.set(values, test);
  }
  return test;
}

function makeMemberTest(values: readonly unknown[]): (value: unknown) => boolean {
  const plain = new Set<unknown>();
  const structured = new Set<string>();
  for (const value of values) {
    if (typeof value === 'object' && value !== null) structured.add(canonicalText(value));
    else plain.add(value);
  }
  return (value) =>
    typeof value === 'object' && value !== null
      ? structured.size > 0 && structured.has(canonicalText(value))
      : plain.has(value);
}

/**
 * Whether `value` is a multiple of `factor`, as their decimal texts say: 4.35 is one of 0.01, though neither has an
 * exact double.
 */
export function isMultipleOf(value: number, factor: number): boolean {
  const quotient = value / factor;
  if (!Number.isFinite(quotient) || (Number.isInteger(value) && Number.isInteger(factor))) return value % factor === 0;
  // Reading the two decimals and dividing them each round by half an epsilon at most.
  return Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * 2 * Number.EPSILON;
}

/** The length of a string in code points, as `minLength` and `maxLength` count. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index += 1) {
    const high = text.charCodeAt(index);
    if (high < 0xd800 || high > 0xdbff) continue;
    const low = text.charCodeAt(index + 1);
    if (low < 0xdc00 || low > 0xdfff) continue;
    count -= 1;
    index += 1;
  }
  return count;
}
