/** What became of a body that was read to be checked. */
export type WebBody = Uint8Array | 'too-large' | 'too-slow' | 'broken';

/**
 * Reads a body whole, and no further than to its limit or its deadline. What is left then stays unread, so that its
 * sender has to wait; it is not cancelled, which on Node would take the connection, and the answer, with it.
 *
 * @param limitBytes - of what is read
 * @param deadlineMs - for all of it
 */
export function readWebBody(request: Request, limitBytes: number, deadlineMs: number): Promise<WebBody> {
  const length = request.headers.get('content-length');
  // Hosts hold a body to its length, and have a shorter way to all of it than its stream.
  const isSized = length !== null && Number(length) <= limitBytes && request.method !== 'GET';
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish('too-slow'), deadlineMs);
    const finish = (result: WebBody): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const bytes = isSized
      ? request.arrayBuffer().then((whole) => new Uint8Array(whole))
      : readStream(request, limitBytes);
    bytes.then(finish, () => finish('broken'));
  });
}

async function readStream({ body }: Request, limitBytes: number): Promise<WebBody> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body?.values({ preventCancel: true }) ?? []) {
    length += chunk.length;
    if (length > limitBytes) return 'too-large';
    chunks.push(chunk);
  }
  return joined(chunks, length);
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
