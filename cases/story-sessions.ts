import { createHash } from 'node:crypto';
import { createSessions } from '@flick/credentials';
import { createMemorySessions } from '@flick/stores';

const store = createMemorySessions();
const nowMs = Date.now();

/** Adds a session of ann whose token is known beforehand, which no real one's is. */
function keep(token: string, endsMs: number): Promise<void> {
  const digest = createHash('sha256').update(token).digest('base64url');
  const session = { digest, previous: undefined, subject: 'ann', scopes: ['write'], usedMs: nowMs, endsMs };
  return store.add(session, { staleMs: 0, expiredMs: 0 });
}

await keep('GOOD-SESSION-OF-ANN-0123456789abcdefghijklm', nowMs + 3_600_000);
await keep('PAST-SESSION-OF-ANN-0123456789abcdefghijklm', nowMs);

/** The sessions of the stories: one that is good, and one that has reached its end. */
export const storySessions = createSessions({ store });
