import { StartFault } from '@flick/settings/start-fault';

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Splits a command line into words as a POSIX shell does, `$'…'` of bash included. Expands nothing: `$NAME` stays as it
 * is written, since what a shell would put there is not known.
 *
 * @throws StartFault where a quote is not closed
 */
export function splitShellWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  const add = (text: string): void => {
    word = (word ?? '') + text;
  };
  for (let at = 0; at < line.length; ) {
    const [whole, quoted] = nextPart(line, at);
    at += whole.length;
    if (quoted !== undefined) add(quoted);
    else if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (whole !== '\\\n' && whole !== '\\\r\n') add(whole.startsWith('\\') ? whole.slice(1) : whole);
  }
  if (word !== undefined) words.push(word);
  return words;
}

const part = /\\\r?\n|\\[^]|'([^']*)'|\$'((?:\\[^]|[^'\\])*)'|"((?:\\[^]|[^"\\])*)"|\s+|[^\s\\'"$]+|\$|\\$/y;

/** The next part of a line, and what it says where it is quoted. */
function nextPart(line: string, at: number): readonly [whole: string, quoted?: string] {
  part.lastIndex = at;
  const match = part.exec(line);
  if (match === null) throw new StartFault(`the command has a quote that is not closed, after ${at} characters`);
  const [whole, single, ansi, double] = match;
  if (single !== undefined) return [whole, single];
  if (ansi !== undefined) return [whole, unescapeAnsi(ansi)];
  if (double !== undefined) return [whole, double.replaceAll(/\\(\r?\n|["\\$`])/g, (_all, one: string) => one.trim())];
  return [whole];
}

const ansiEscape = /\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|([^]))/g;

function unescapeAnsi(text: string): string {
  return text.replaceAll(
    ansiEscape,
    (_all, byte?: string, short?: string, long?: string, octal?: string, other?: string) => {
      const hex = byte ?? short ?? long;
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10_ff_ff));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return escapes[other ?? ''] ?? other ?? '';
    },
  );
}
