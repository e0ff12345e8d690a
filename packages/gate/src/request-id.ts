import { randomUUID } from 'node:crypto';

// No character that a log, a header or a terminal reads as more than itself.
const safe = /^[0-9A-Za-z._~-]{1,128}$/;

/**
 * The id under which a request is answered, forwarded and recorded.
 *
 * @param sent - the caller's X-Request-Id, several joined; taken where it is safe to repeat, else a fresh UUID stands in
 */
export function requestIdOf(sent: string | undefined): string {
  return sent !== undefined && safe.test(sent) ? sent : randomUUID();
}
