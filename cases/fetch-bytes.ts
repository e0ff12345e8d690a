import type { Wire } from './over-sockets.ts';
import type { StoryUpstream } from './story.ts';

/** The Response that an API of a story gives. */
export function responseOf({ status, fields = {}, body }: StoryUpstream): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) for (const line of [value].flat()) headers.append(name, line);
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless || body === undefined ? null : body, { status, headers });
}

/** A Request of the bytes of a request, as a host would make it. */
export function requestOf(bytes: Buffer): Request {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const headers = new Headers();
  let host = '';
  for (const field of lines) {
    const [, name = '', value = ''] = /^([^:]*):\s*(.*)$/.exec(field) ?? [];
    headers.append(name, value);
    if (name.toLowerCase() === 'host') host = value;
  }
  const body = bytes.subarray(end + 4);
  const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
  return new Request(`http://${host}${target}`, { method, headers, body: bodiless ? null : new Uint8Array(body) });
}

/** An answer as it would be on the wire. */
export async function wireOf(response: Response): Promise<Wire> {
  const body = Buffer.from(await response.arrayBuffer()).toString('latin1');
  return {
    status: response.status,
    fields: { date: new Date().toUTCString(), ...Object.fromEntries(response.headers) },
    body,
  };
}
