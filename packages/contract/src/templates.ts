import { percentDecoded } from './pointer.ts';

/** A path template, read as far as the contract needs it. */
export interface PathTemplate {
  /** As it is to be matched: with a leading slash, and with braces that name nothing percent-encoded. */
  readonly text: string;
  /** The names between braces, in order. */
  readonly names: readonly string[];
  /** Why it cannot be served. */
  readonly broken: string | undefined;
}

/** Reads the key of a path item. */
export function readTemplate(written: string): PathTemplate {
  const text = written.startsWith('/') ? written : `/${written}`;
  const names = Array.from(text.matchAll(/\{([^{}]+)\}/g), (match) => match[1] ?? '');
  const literals = text.replaceAll(/\{[^{}]+\}/g, 'x');
  if (/[{}]/.test(literals)) {
    const broken = `the braces of "${written}" do not match; write each parameter as {name}`;
    return { text: text.replaceAll('{', '%7B').replaceAll('}', '%7D'), names: [], broken };
  }
  if (/[?#]/.test(literals)) {
    const broken = `"${written}" holds a query or a fragment, which no path has; declare query parameters instead`;
    return { text, names, broken };
  }
  if (/\/\/|\/\.\.?(?=\/|$)|%2f|%5c|\\/i.test(literals)) {
    const what = `"${written}" has an empty segment, a dot segment or an encoded slash`;
    const broken = `${what}, which is refused in every request, for servers differ on it; write it without`;
    return { text, names, broken };
  }
  if (new Set(names).size < names.length) {
    const broken = `"${written}" has one parameter twice; give each its own name`;
    return { text, names, broken };
  }
  return { text, names, broken: undefined };
}

/** The same text for templates that take the same requests: those that differ in parameter names or encoding only. */
export function sameTemplate(template: string): string {
  return template
    .split(/\{[^{}]*\}/)
    .map(percentDecoded)
    .join('{}');
}
