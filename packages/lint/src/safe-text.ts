// Control characters start terminal escapes and break lines; the rest reorder or hide text.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Makes text of a document safe to print on one line: what could steer the reader becomes visible. */
export function safeText(text: string): string {
  return text.replace(unsafe, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
