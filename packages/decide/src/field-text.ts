/** The characters of a token (RFC 9110, section 5.6.2), as a class of a regular expression. */
export const tokenClass: string = String.raw`[!#$%&'*+\-.^_\`|~0-9A-Za-z]`;

const token = new RegExp(`^${tokenClass}+$`);
// What is neither a tab, visible ASCII, a space, nor an octet beyond ASCII: controls, and text that no octet stands for.
const stranger = /[^\t -~\x80-\xff]/;

/** Whether text is a token: a method, a field name. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** Whether text can be that of a field line (RFC 9110, section 5.5). */
export function isFieldText(text: string): boolean {
  return !stranger.test(text);
}

/** Name and value of a field line, blanks around the value left out; undefined where no name stands before a colon. */
export function splitField(line: string): readonly [name: string, value: string] | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  if (!isToken(name)) return undefined;
  let from = colon + 1;
  let to = line.length;
  // Not by a regular expression: one that trims the end takes the square of a run of blanks.
  while (isBlank(line[from])) from += 1;
  while (to > from && isBlank(line[to - 1])) to -= 1;
  return [name, line.slice(from, to)];
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}
