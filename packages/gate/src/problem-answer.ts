import { problemOf, type Field, type Refusal } from '@flick/decide';

/** The answer to a refused request, for a response object or a bare socket. */
export interface ProblemAnswer {
  /** Names and values in turn; Date and Connection are those of whoever sends it. */
  readonly fields: readonly (string | number)[];
  readonly body: string;
}

/**
 * The one renderer of refusals: fields and problem body (RFC 9457).
 *
 * @param path - canonical, without query; empty where it could not be read
 * @param due - fields due with any answer: the state of the limits, and a page's leave to read it (CORS)
 */
export function problemAnswer(refusal: Refusal, requestId: string, path: string, due: readonly Field[]): ProblemAnswer {
  const body = JSON.stringify(problemOf(refusal, { requestId, instance: path }));
  const fields: (string | number)[] = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    // A number: Node before 20.20 holds the length as it was given against the bytes written; text is never equal.
    Buffer.byteLength(body),
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    requestId,
  ];
  for (const [name, value] of refusal.fields) fields.push(name, value);
  for (const [name, value] of due) fields.push(name, value);
  return { fields, body };
}
