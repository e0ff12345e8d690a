import type { TextMap, TextMember } from './text-map.ts';
import { blockLines, flowText, keyText, type Manner, type Written } from './written-value.ts';

/** Text to be added at an offset; nothing is ever taken away. */
export interface Insertion {
  readonly offset: number;
  readonly text: string;
}

/** Adds insertions to a text; those of one offset in their order. */
export function withInsertions(text: string, insertions: readonly Insertion[]): string {
  let from = 0;
  let result = '';
  for (const { offset, text: added } of insertions.toSorted((one, other) => one.offset - other.offset)) {
    result += text.slice(from, offset) + added;
    from = offset;
  }
  return result + text.slice(from);
}

/**
 * Adds members to a map, written as those that are there.
 *
 * @param members - in the order in which they are to stand
 * @param goesBefore - whether a member that is there is to stand behind a new one
 */
export function insertionsInto(
  text: string,
  map: TextMap,
  members: readonly (readonly [name: string, value: Written])[],
  textManner: TextManner,
  goesBefore: (name: string, present: string) => boolean = () => false,
): Insertion[] {
  const manner = mannerOfMap(text, map, textManner);
  if (map.members.length === 0) {
    return members.length === 0 ? [] : [intoEmpty(text, map, members, manner)];
  }
  return members.map(([name, value]) => {
    const at = map.members.findIndex((present) => goesBefore(name, present.name));
    const after = map.members[(at === -1 ? map.members.length : at) - 1];
    const before = at === -1 ? undefined : map.members[at];
    return map.form === 'block'
      ? intoBlock(text, map, [name, value], after, before, manner)
      : intoBraces(text, map, [name, value], after, before, manner);
  });
}

function intoBlock(
  text: string,
  map: TextMap,
  [name, value]: readonly [string, Written],
  after: TextMember | undefined,
  before: TextMember | undefined,
  manner: Manner,
): Insertion {
  const indent = ' '.repeat(columnOf(text, map.members[0]?.start ?? 0));
  const lines = blockLines({ [name]: value }, indent, manner);
  if (after === undefined && before !== undefined && standsAlone(text, before.start)) {
    return { offset: lineStart(text, before.start), text: lines };
  }
  const end = (after ?? before)?.end ?? map.start;
  // A block scalar ends with its line; a comment that follows stays on the line that it explains.
  if (text[end - 1] === '\n') return { offset: end, text: lines };
  const newline = text.indexOf('\n', end);
  if (newline !== -1) return { offset: newline + 1, text: lines };
  return { offset: text.length, text: manner.newline + lines.slice(0, -manner.newline.length) };
}

function intoBraces(
  text: string,
  map: TextMap,
  [name, value]: readonly [string, Written],
  after: TextMember | undefined,
  before: TextMember | undefined,
  manner: Manner,
): Insertion {
  const neighbour = before ?? after;
  const start = neighbour?.start ?? map.start;
  const alone = standsAlone(text, start);
  const indent = alone ? text.slice(lineStart(text, start), start) : '';
  const blank = alone ? manner.newline + indent : spaced(text, map) ? ' ' : '';
  const member =
    map.form === 'flow'
      ? `${keyText(name, manner)}: ${flowText(value, manner)}`
      : jsonMember(name, value, alone ? { indent, manner } : undefined, spaced(text, map));
  if (before !== undefined) return { offset: before.start, text: `${member},${blank}` };
  return { offset: after?.end ?? map.start + 1, text: `,${blank}${member}` };
}

function intoEmpty(
  text: string,
  map: TextMap,
  members: readonly (readonly [string, Written])[],
  manner: Manner,
): Insertion {
  const offset = map.start + 1;
  if (map.form === 'flow') {
    const inside = members.map(([name, value]) => `${keyText(name, manner)}: ${flowText(value, manner)}`);
    return { offset, text: ` ${inside.join(', ')} ` };
  }
  if (!text.includes('\n')) {
    return { offset, text: members.map(([name, value]) => jsonMember(name, value, undefined, false)).join(',') };
  }
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, map.start)))?.[0] ?? '';
  const indent = outer + manner.step;
  const inside = members.map(([name, value]) => indent + jsonMember(name, value, { indent, manner }, true));
  return { offset, text: `${manner.newline}${inside.join(`,${manner.newline}`)}${manner.newline}${outer}` };
}

interface Lines {
  readonly indent: string;
  readonly manner: Manner;
}

function jsonMember(name: string, value: Written, lines: Lines | undefined, space: boolean): string {
  if (lines === undefined) return `${JSON.stringify(name)}:${space ? ' ' : ''}${JSON.stringify(value)}`;
  const pretty = JSON.stringify(value, null, lines.manner.step);
  return `${JSON.stringify(name)}: ${pretty.replaceAll('\n', lines.manner.newline + lines.indent)}`;
}

/** How a text is written as a whole. */
export type TextManner = Pick<Manner, 'quote' | 'step' | 'newline'>;

/** Finds how a text is written, so that what is added to it is written the same way. */
export function mannerOf(text: string): TextManner {
  return {
    quote: count(text, "'#/") > count(text, '"#/') ? "'" : '"',
    step: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ',
    newline: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** How the members of one map are written. */
function mannerOfMap(text: string, map: TextMap, manner: TextManner): Manner {
  const codes = map.members.filter(({ name }) => /^\d/.test(name)).map(({ start }) => text[start]);
  const quote = codes.includes("'") ? "'" : codes.includes('"') ? '"' : manner.quote;
  return {
    ...manner,
    quote,
    plainCodes: codes.length > 0 && quote !== codes[0],
    inlineRefs: map.members.some(({ start, end }) => inlineRef.test(text.slice(start, end))),
  };
}

const inlineRef = /^[^\n{]*:\s*\{\s*["']?\$ref\b/;

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** Whether only blanks stand before it on its line. */
function standsAlone(text: string, offset: number): boolean {
  return text.slice(lineStart(text, offset), offset).trim() === '';
}

/** Whether blanks stand between the members of a map in braces, or would. */
function spaced(text: string, map: TextMap): boolean {
  return map.form === 'flow' || /:\s/.test(text.slice(map.start, (map.members[0]?.end ?? map.start) + 1));
}
