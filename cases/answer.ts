import { expect } from 'vitest';
import type { Due } from './story.ts';

/** What reached the API: of the last request alone. */
export interface Arrived {
  readonly method: string;
  readonly target: string;
  /** By lower-case name; several of one name joined by a comma. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of a story's last request, in one form for both ways of running it. */
export interface Answer {
  readonly status: number;
  readonly precise: number;
  readonly reason: string | undefined;
  readonly operation: string | undefined;
  readonly observed: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly errors: readonly object[];
  readonly body: string;
  /** Undefined where nothing reached the API; `fields` is left out where there is no wire to see them on. */
  readonly upstream: (Omit<Arrived, 'fields'> & Partial<Pick<Arrived, 'fields'>>) | undefined;
}

function expectFields(fields: Answer['fields'], due: Pick<Due, 'fields' | 'present' | 'absent'>, whose: string): void {
  for (const [name, value] of Object.entries(due.fields ?? {})) {
    const pattern = /^\/(.*)\/$/s.exec(value)?.[1];
    if (pattern === undefined) expect(fields[name], `${whose} field ${name}`).toBe(value);
    else expect(fields[name] ?? '', `${whose} field ${name}`).toMatch(new RegExp(pattern));
  }
  for (const name of due.present ?? []) expect(Object.keys(fields), `${whose} fields`).toContain(name);
  for (const name of due.absent ?? []) expect(Object.keys(fields), `${whose} fields`).not.toContain(name);
}

/** Holds an answer against the one due. */
export function expectDue(answer: Answer, due: Due): void {
  const { status, precise, reason } = answer;
  expect({ status, precise, ...(due.reason && { reason }) }).toEqual({
    status: due.status,
    precise: due.precise ?? due.status,
    ...(due.reason && { reason: due.reason }),
  });
  if (due.operation !== undefined) expect(answer.operation).toBe(due.operation);
  if (due.observed !== undefined) expect(answer.observed ?? 'none').toBe(due.observed);
  expectFields(answer.fields, due, 'response');
  for (const error of due.errors ?? []) expect(answer.errors).toContainEqual(expect.objectContaining(error));
  if (due.errorCount !== undefined) expect(answer.errors).toHaveLength(due.errorCount);
  if (due.body !== undefined) expect(answer.body).toBe(due.body);
  if (due.bodyWithout !== undefined) expect(answer.body).not.toContain(due.bodyWithout);
  if (due.upstream === 'none') expect(answer.upstream).toBeUndefined();
  else if (due.upstream) {
    const { method, target, body, ...fields } = due.upstream;
    expect(answer.upstream).toMatchObject({
      ...(method && { method }),
      ...(target && { target }),
      ...(body !== undefined && { body }),
    });
    if (answer.upstream?.fields) expectFields(answer.upstream.fields, fields, 'forwarded');
  }
}
