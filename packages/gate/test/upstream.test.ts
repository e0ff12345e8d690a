import { expect, test } from 'vitest';
import { createUpstream } from '../src/upstream.ts';
import { goodAnswer, startEvilUpstream } from './evil-upstream.ts';
import { openDecider, startSmallFront } from './small-front.ts';

test('a request goes to the API and its answer comes back', async () => {
  const evil = await startEvilUpstream(() => [goodAnswer('hello')]);
  const front = await startSmallFront(
    createUpstream({ origin: evil.origin, decider: openDecider(), timeouts: { upstreamMs: 1000 } }),
  );
  const answer = await fetch(`${front.origin}/a?b=c`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe('hello');
  await front.close();
  await evil.close();
});
