/** What a fix writes: plain data. */
export type Written = string | number | boolean | readonly Written[] | { readonly [name: string]: Written };

/** How a value is written, as its surroundings are. */
export interface Manner {
  readonly quote: '"' | "'";
  /** Whether keys that are codes go without quotes. */
  readonly plainCodes: boolean;
  /** Whether a map with a `$ref` alone stands in braces on the line of its key. */
  readonly inlineRefs: boolean;
  /** One level of indentation. */
  readonly step: string;
  readonly newline: string;
}

/** A map that a fix writes. */
export type Members = { readonly [name: string]: Written };

export function isMembers(value: Written): value is Members {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Members as lines of block YAML, each with its line end. */
export function blockLines(members: Members, indent: string, manner: Manner): string {
  return Object.entries(members)
    .map(([name, value]) => {
      const start = `${indent}${keyText(name, manner)}:`;
      const nested = isMembers(value) && !(manner.inlineRefs && '$ref' in value);
      if (!nested) return `${start} ${flowText(value, manner)}${manner.newline}`;
      return `${start}${manner.newline}${blockLines(value, indent + manner.step, manner)}`;
    })
    .join('');
}

/** A value as YAML on one line. */
export function flowText(value: Written, manner: Manner): string {
  if (typeof value === 'string') return scalarText(value, manner.quote);
  if (typeof value !== 'object') return String(value);
  if (!isMembers(value)) return `[${value.map((item) => flowText(item, manner)).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([name, member]) => `${keyText(name, manner)}: ${flowText(member, manner)}`)
    .join(', ')} }`;
}

/** A key of YAML, quoted where it could be read as something else than text. */
export function keyText(name: string, { quote, plainCodes }: Manner): string {
  return plainCodes && /^\d+$/.test(name) ? name : scalarText(name, quote);
}

// The readings of YAML 1.1, which some readers still have.
const otherThanText = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** Text as a scalar of YAML: in quotes, but for a word that can be nothing else. */
function scalarText(text: string, quote: '"' | "'"): string {
  if (/^[A-Za-z$_][\w$/+.-]*$/.test(text) && !otherThanText.test(text)) return text;
  return quote === '"' ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
}
