/** What Workers tell of a request beside the Fetch standard, such as its country: a Request made of it is to have it, too. */
export function cfOf(request: Request): { readonly cf?: unknown } {
  return 'cf' in request && request.cf !== undefined ? { cf: request.cf } : {};
}
