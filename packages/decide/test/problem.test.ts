import { problemOf } from '@flick/decide';
import { expect, it } from 'vitest';
import { contract, decider, facts, judge, operation, refusalOf } from './story.ts';

const ladder = decider(contract([operation('GET /a')]));

it('is a problem body of RFC 9457 with every fault', () => {
  const refusal = refusalOf(judge(ladder, facts('GET /a?b=1&c=2')));
  const problem = problemOf(refusal, { requestId: 'r1', instance: '/a' });
  expect(problem).toMatchObject({
    type: 'urn:flick:reason:unknown-parameter',
    title: 'Unknown parameter',
    status: 400,
    instance: '/a',
    request_id: 'r1',
    reason: 'unknown-parameter',
  });
  expect(problem.errors.map(({ in: place, name, reason }) => [place, name, reason])).toEqual([
    ['query', 'b', 'unknown-parameter'],
    ['query', 'c', 'unknown-parameter'],
  ]);
  const sentence = 'Query parameter "b" is not one of this operation\'s; it takes none.';
  expect(problem.errors[0]?.detail).toBe(sentence);
  expect(problem.detail).toBe(`${sentence} 1 more fault in errors[].`);
});

it('has the folded code and nothing of the cause', () => {
  const cause = new Error('canary');
  const refusal = ladder.refuse(undefined, 'upstream-unreachable', 'The API could not be reached.', { cause });
  const problem = problemOf(refusal, { requestId: 'r', instance: '' });
  expect([problem.status, problem.errors]).toEqual([500, []]);
  expect(JSON.stringify(problem)).not.toContain('canary');
});
