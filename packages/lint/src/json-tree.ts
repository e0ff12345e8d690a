import type { TextMap, TextMember, TextTree } from './text-map.ts';

interface JsonMember extends TextMember {
  readonly valueStart: number;
}

/**
 * Finds the maps of a JSON text. Looks only at what it is asked for: a document may have many megabytes.
 *
 * @throws SyntaxError where it is not JSON
 */
export function jsonTree(text: string): TextTree {
  const value: unknown = JSON.parse(text);
  const known = new Map<number, readonly JsonMember[]>();
  const membersAt = (start: number): readonly JsonMember[] => {
    const members = known.get(start) ?? readMembers(text, start);
    known.set(start, members);
    return members;
  };
  return {
    value,
    mapAt(path): TextMap | undefined {
      let start = blankEnd(text, 0);
      for (const name of path) {
        // Of members that are there twice, the last counts.
        const member = text[start] === '{' ? membersAt(start).findLast((each) => each.name === name) : undefined;
        if (member === undefined) return undefined;
        start = member.valueStart;
      }
      return text[start] === '{' ? { form: 'json', start, members: membersAt(start) } : undefined;
    },
  };
}

function readMembers(text: string, open: number): JsonMember[] {
  const members: JsonMember[] = [];
  let start = blankEnd(text, open + 1);
  while (text[start] === '"') {
    const keyEnd = stringEnd(text, start);
    const colon = blankEnd(text, keyEnd);
    const valueStart = blankEnd(text, colon + 1);
    const end = valueEnd(text, valueStart);
    members.push({ name: String(JSON.parse(text.slice(start, keyEnd))), start, end, valueStart });
    start = blankEnd(text, blankEnd(text, end) + 1);
  }
  return members;
}

function blankEnd(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

/** From the opening quote to just behind the closing one. */
function stringEnd(text: string, open: number): number {
  let at = open + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** From the first character of a value to just behind its last. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = text[at];
    if (character === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    at += 1;
  } while (depth > 0 || (text[start] !== '"' && /[-+.\w]/.test(text[at] ?? '') && /[-+.\w]/.test(text[at - 1] ?? '')));
  return at;
}
