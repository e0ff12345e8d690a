import { TextDecoder } from 'node:util';

/** Whether text of a charset can be read here. */
export function isCharset(charset: string): boolean {
  return decoderOf(charset) !== undefined;
}

/** The text that bytes are in a charset; undefined where they are none, or the charset is not known. */
export function decodeText(bytes: Uint8Array, charset = 'utf-8'): string | undefined {
  try {
    return decoderOf(charset)?.decode(bytes);
  } catch {
    return undefined;
  }
}

function decoderOf(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    return undefined;
  }
}
