/** An answer that came and cannot be used. The message says why, and quotes nothing of it. */
export class Refused extends Error {}

/** What bounds an answer. */
export interface Bounds {
  /** For all of it. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Fetches a text: answered with 200, within its bounds, no redirect followed.
 *
 * @throws Refused where the answer cannot be used; whatever `fetch` throws where none comes
 */
export async function fetchText(url: URL, request: RequestInit, { timeoutMs, maxBytes }: Bounds): Promise<string> {
  const response = await fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Refused(`it answered ${response.status} where 200 is due`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Refused(`its answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Why a fetch failed, in words without secrets. */
export function explainFetch(error: unknown, { timeoutMs }: Bounds): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = isRecord(cause) && typeof cause['code'] === 'string' ? cause['code'] : 'the connection failed';
  return `it cannot be reached (${code})`;
}

/** Whether a value is an object of JSON. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
