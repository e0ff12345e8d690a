import type { IncomingMessage } from 'node:http';
import type { MessageFault, RequestFacts } from '@flick/decide';

/** The facts of a request whose head Node has read. */
export function factsOf(
  request: IncomingMessage,
  { address, secure }: Pick<RequestFacts, 'address' | 'secure'>,
  fault: MessageFault | undefined,
  overload?: RequestFacts['overload'],
): RequestFacts {
  const { method = '', url: target = '', httpVersion: version, rawHeaders: headers } = request;
  // Literals and no spread: V8 gives each copy that is added to a shape of its own, and the whole ladder reads these.
  if (fault === undefined && overload !== undefined) {
    return { method, target, version, headers, address, secure, overload };
  }
  const facts = { method, target, version, headers, address, secure };
  if (fault === undefined) return facts;
  return { ...facts, fault, ...(overload !== undefined && { overload }) };
}
