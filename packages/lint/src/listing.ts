import type { Operation, ResponseModel } from '@flick/contract';

/** Whether an operation tells of a code: by the code itself, by its range, or by `default`. */
export function lists({ responses }: Operation, code: number): boolean {
  return responses.has(String(code)) || responses.has(`${Math.floor(code / 100)}XX`) || responses.has('default');
}

/** The exact error codes that an operation lists, ascending. */
export function listedErrors({ ownCodes }: Operation): readonly number[] {
  return [...ownCodes].filter((code) => code >= 400).toSorted((a, b) => a - b);
}

/** Whether an operation says what a request gets that goes well. */
export function listsSuccess({ responses }: Operation): boolean {
  return [...responses.keys()].some((code) => /^[123]/.test(code));
}

/** The error responses of an operation: codes, ranges, and `default` where it can mean nothing else. */
export function errorResponses(operation: Operation): readonly ResponseModel[] {
  const success = listsSuccess(operation);
  return [...operation.responses.values()].filter(({ code }) => (code === 'default' ? success : /^[45]/.test(code)));
}
