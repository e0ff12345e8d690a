import type { RequestFacts } from '@flick/decide';

/**
 * The facts of a Request, as far as it has kept them: its URL is normalised, fields of one name are joined and sorted, and
 * nothing tells the version.
 *
 * @param address - the IP address at the other end of the connection; empty where nobody knows it
 */
export function factsOfRequest(request: Request, address: string, overload: RequestFacts['overload']): RequestFacts {
  const { url } = request;
  const headers: string[] = [];
  let hasHost = false;
  for (const [name, value] of request.headers) {
    headers.push(name, value);
    if (name === 'host') hasHost = true;
  }
  const from = url.indexOf('//') + 2;
  const slash = url.indexOf('/', from);
  const end = slash === -1 ? url.length : slash;
  // One that did not come over a wire, or whose host keeps these fields to itself.
  if (!hasHost) headers.push('host', url.slice(from, end));
  if (!isFramed(request) && request.body !== null) headers.push('transfer-encoding', 'chunked');
  const fragment = url.indexOf('#', end);
  return {
    method: request.method,
    target: url.slice(end, fragment === -1 ? url.length : fragment) || '/',
    version: '1.1',
    headers,
    address,
    secure: url.startsWith('https:'),
    ...(overload !== undefined && { overload }),
  };
}

/** No Request of these has a body. */
export const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Whether its method or its fields say if it has a body. To ask for that has some hosts make all of a Request. */
export function isFramed({ method, headers }: Request): boolean {
  return bodiless.has(method) || headers.has('content-length') || headers.has('transfer-encoding');
}
