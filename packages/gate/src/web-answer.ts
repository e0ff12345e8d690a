import type { Field, Passage, Refusal, ResponsePlan } from '@flick/decide';
import { problemAnswer } from './problem-answer.ts';
import { listedByConnection } from './hop-fields.ts';
import { fieldsBesideProblem } from './relay-head.ts';

// Fields of one connection, which the host speaks on and a handler does not (RFC 9110, section 7.6.1).
const connectionFields = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * The Response to a refused request.
 *
 * @param due - fields due with any answer: the state of the limits, and a page's leave to read it (CORS)
 */
export function problemResponse(
  refusal: Refusal,
  requestId: string,
  passage: Passage | undefined,
  due: readonly Field[],
): Response {
  const { fields, body } = problemAnswer(refusal, requestId, passage?.path ?? '', due);
  const headers = new Headers();
  for (let at = 0; at < fields.length; at += 2) headers.append(String(fields[at]), String(fields[at + 1]));
  if (refusal.close) headers.set('Connection', 'close');
  const isHead = passage?.facts.method === 'HEAD';
  return new Response(isHead ? null : body, { status: refusal.status, headers });
}

/** The fields of a handler's answer that go out with the problem body in its place. */
export function fieldsBeside(
  response: Response,
  due: readonly Field[],
  withheld: readonly string[] | undefined,
): Field[] {
  const fields = Array.from(response.headers).flat();
  return [...due, ...fieldsBesideProblem({ fields }, due, withheld)];
}

/** A handler's answer as it goes out: its code folded, the fields added that are due with it. */
export function dressed(response: Response, plan: ResponsePlan, passage: Passage, requestId: string): Response {
  const isHead = passage.facts.method === 'HEAD';
  let answer = response;
  if (isHead || plan.status !== response.status) answer = remade(response, plan.status, isHead);
  try {
    dress(answer.headers, plan, passage, requestId);
    return answer;
  } catch {
    // Those of another server's response are not to be written to.
    const own = remade(answer, plan.status, isHead);
    dress(own.headers, plan, passage, requestId);
    return own;
  }
}

function remade(response: Response, status: number, isHead: boolean): Response {
  return new Response(isHead ? null : response.body, { status, headers: new Headers(response.headers) });
}

function dress(headers: Headers, plan: ResponsePlan, passage: Passage, requestId: string): void {
  headers.set('X-Request-Id', requestId);
  const listed = listedByConnection(headers.get('connection') ?? 'close', undefined) ?? [];
  for (const name of listed) headers.delete(name);
  for (const name of connectionFields) if (headers.has(name)) headers.delete(name);
  for (const name of plan.withheld ?? []) headers.delete(name);
  for (const [name] of passage.limitFields) headers.delete(name);
  for (const [name, value] of passage.limitFields) headers.append(name, value);
  for (const [name, value] of plan.fields) headers.append(name, value);
}
