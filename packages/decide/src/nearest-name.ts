const SHOWN_NAME = 64;
const SHOWN_NAMES = 20;
/** Longer names are not guessed at: the time it takes grows with the square. */
const GUESSED_NAME = 40;

/** A name that a caller chose, fit to be shown: short, on one line, and nothing in it that a terminal obeys. */
export function showName(name: string): string {
  const short = name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name;
  // Control and format characters, lone surrogates, and separators of lines and paragraphs.
  return short.replaceAll(/[\p{C}\u2028\u2029]/gu, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Says which names there are, and which of them was meant: "one of `limit`, `page`; did you mean `limit`?" */
export function dueNames(name: string, declared: readonly string[]): string {
  if (declared.length === 0) return 'no such parameter: the operation declares none';
  const shown = declared.slice(0, SHOWN_NAMES).map((one) => `\`${one}\``);
  if (declared.length > shown.length) shown.push(`${declared.length - shown.length} more`);
  const list = shown.length === 1 ? shown.join('') : `one of ${shown.join(', ')}`;
  const near = nearestName(name, declared);
  return near === undefined ? list : `${list}; did you mean \`${near}\`?`;
}

function nearestName(name: string, declared: readonly string[]): string | undefined {
  if (name.length > GUESSED_NAME) return undefined;
  let nearest: string | undefined;
  // At most a third of the letters may differ, or the guess would be none.
  let least = Math.floor(Math.max(name.length, 3) / 3) + 1;
  const sent = bare(name);
  for (const candidate of declared) {
    const known = bare(candidate);
    if (Math.abs(sent.length - known.length) >= least) continue;
    const edits = countEdits(sent, known);
    if (edits < least) {
      nearest = candidate;
      least = edits;
    }
  }
  return nearest;
}

/** Case, and how words are joined, are what spellings differ in most. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.[\]]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function countEdits(one: string, other: string): number {
  let older: number[] = [];
  let old = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let edits = Math.min(
        (old[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (old[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        edits = Math.min(edits, (older[column - 2] ?? 0) + 1);
      }
      current.push(edits);
    }
    older = old;
    old = current;
  }
  return old[other.length] ?? 0;
}
