const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// What is neither a tab, visible ASCII, a space, nor an octet beyond ASCII: controls, and text that no octet stands for.
const stranger = /[^\t -~\x80-\xff]/;

/** Whether text is a token (RFC 9110, section 5.6.2): a method, a field name. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** Whether text can be that of a field line (RFC 9110, section 5.5). */
export function isFieldText(text: string): boolean {
  return !stranger.test(text);
}
