import { readFileSync } from 'node:fs';

/** The root of the workspace. */
export const root = new URL('../../', import.meta.url);

/** A document of the workspace's root. */
export function readDocument(name: string): string {
  return readFileSync(new URL(name, root), 'utf8');
}

/**
 * The one fenced block of a document that is of this language and holds this text.
 *
 * @throws Error where there is none, or more than one
 */
export function blockOf(document: string, language: string, text = ''): string {
  const blocks = Array.from(document.matchAll(/^```(\w*)\n(.*?)^```$/gms), ([, named = '', body = '']) => ({
    named,
    body,
  }));
  const found = blocks.filter(({ named, body }) => named === language && body.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${language} with ${JSON.stringify(text)}`);
  return found[0]?.body ?? '';
}
