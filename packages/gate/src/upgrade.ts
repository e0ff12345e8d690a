import type { IncomingMessage } from 'node:http';

/**
 * Whether a request asks to go on as WebSocket (RFC 6455, section 4.1). All other upgrades are ignored, as RFC 9110,
 * section 7.8 allows, and so is every one beside another method than GET or in HTTP/1.0: such a request is answered as
 * the ordinary one that it is as well.
 */
export function asksForWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  const { upgrade, connection = '' } = headers;
  if (upgrade === undefined || method !== 'GET' || httpVersion !== '1.1') return false;
  return lists(upgrade, 'websocket') && lists(connection, 'upgrade');
}

function lists(value: string, token: string): boolean {
  return value.split(',').some((part) => part.trim().toLowerCase() === token);
}
