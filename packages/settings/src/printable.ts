// C0 and C1 controls and DEL start terminal escapes; the rest reorder, hide or break lines.
const unsafe = new RegExp(
  '[\\u0000-\\u001f\\u007f-\\u009f' +
    '\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069' +
    '\\ufeff]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]',
  'g',
);

/**
 * Makes text from a caller, or from a document, safe to print on one line: control characters become visible, text
 * beyond `most` characters is cut.
 */
export function printable(text: string, most = 512): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
