/** What became of a body that was read to be checked. */
export type WebBody = Uint8Array | 'too-large' | 'too-slow' | 'broken';

/**
 * Reads a body whole, and no further than to its limit or its deadline. What is left then stays unread, so that its
 * sender has to wait; it is not cancelled, which on Node would take the connection, and the answer, with it.
 *
 * @param limitBytes - of what is read
 * @param deadlineMs - for all of it
 */
export function readWebBody(
  stream: ReadableStream<Uint8Array>,
  limitBytes: number,
  deadlineMs: number,
): Promise<WebBody> {
  return new Promise((resolve) => {
    let over = false;
    const finish = (result: WebBody): void => {
      over = true;
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => finish('too-slow'), deadlineMs);
    const read = async (): Promise<void> => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of stream.values({ preventCancel: true })) {
        if (over) return;
        length += chunk.length;
        if (length > limitBytes) {
          finish('too-large');
          return;
        }
        chunks.push(chunk);
      }
      if (!over) finish(joined(chunks, length));
    };
    read().catch(() => {
      if (!over) finish('broken');
    });
  });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
