const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether text is a token (RFC 9110, section 5.6.2): a method, a field name. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** Whether text has a control character other than the tab, which a field value may hold (RFC 9110, section 5.5). */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}
