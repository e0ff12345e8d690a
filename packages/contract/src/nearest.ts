/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

/**
 * Finds the known word that a mistyped one was most likely meant to be.
 *
 * @returns `undefined` where none is near: more than a third of the longer word would have to change
 */
function nearest(word: string, known: Iterable<string>): string | undefined {
  let found: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  // A word this long is no typing mistake, and the comparison takes time by its square.
  if (word.length > 100) return undefined;
  const lower = word.toLowerCase();
  for (const candidate of known) {
    const edits = distance(lower, candidate.toLowerCase());
    if (edits < least && edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))) {
      least = edits;
      found = candidate;
    }
  }
  return found;
}

/** `; did you mean "x"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}
