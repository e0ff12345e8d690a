// Both faces of the tour: the curl lines that `npm start` prints, and the run of `npm start -- --tour`.
//
// A stop is a request, the `code` that is due for it, and why. `who` names the caller whose field it sends, `fields` are
// others, `secret` names a body that is a secret. `trickle` sends half a body and waits, `times` sends the request that
// often. `shown` stands for the target in the table. `reason` is the one that Flick gives; where it is absent, the ledger
// itself answers.
import { request as httpRequest } from 'node:http';

/**
 * Writes a stop as one line for a shell.
 *
 * @param pathOf - gives the file that holds a caller's field, which curl reads by `-H @file`, or a secret body
 */
export function curlOf({ method = 'GET', target, who, fields = {}, body, secret, trickle, times }, origin, pathOf) {
  const words = ['curl'];
  const hasBody = body !== undefined || secret !== undefined;
  words.push(times === undefined ? '-i' : "-s -o /dev/null -w '%{http_code} '");
  if (method !== 'GET' && (!hasBody || trickle)) words.push(`-X ${method}`);
  if (who !== undefined) words.push(`-H ${quoted(`@${pathOf(who)}`)}`);
  for (const [name, value] of Object.entries(fields)) words.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (hasBody) words.push("-H 'Content-Type: application/json'");
  if (trickle) words.push('-T .');
  else if (hasBody) words.push(`-d ${quoted(body ?? `@${pathOf(secret)}`)}`);
  // curl counts a range of brackets through by itself.
  words.push(quoted(origin + (times === undefined ? target : target.replace(/\d+$/, `[1-${times}]`))));
  const line = words.join(' ');
  return trickle ? `(printf ${quoted(body)}; sleep 4) | ${line}` : line;
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Sends a stop, as often as it says.
 *
 * @returns code and reason; of several answers, those of the first that is not 200
 */
async function runStop(stop, origin, callers, secrets) {
  const { method, target, who, body = secrets[stop.secret], trickle, times = 1 } = stop;
  const fields = { ...callers[who], ...stop.fields };
  const sent = Array.from({ length: times }, () => send(origin + target, { method, fields, body, trickle }));
  const answers = await Promise.all(sent);
  const { code, fields: got, text } = answers.find(({ code: each }) => each !== 200) ?? answers[0];
  const isProblem = got['content-type']?.startsWith('application/problem+json') ?? false;
  return { code, reason: isProblem ? JSON.parse(text).reason : undefined };
}

/** Sends one request, on a connection of its own. */
export async function send(url, { method = 'GET', fields = {}, body, trickle = false }) {
  const headers = { ...fields };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (body !== undefined && !trickle) headers['content-length'] = Buffer.byteLength(body);
  const request = httpRequest(url, { method, headers, agent: false, signal: AbortSignal.timeout(20_000) });
  const answered = new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  if (trickle) request.write(body);
  else request.end(body);
  const response = await answered;
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
  } finally {
    request.destroy();
  }
  return { code: response.statusCode, fields: response.headers, text };
}

/** Runs every stop, all at once. */
export async function runTour({ origin, stops, callers, secrets }) {
  return Promise.all(
    stops.map(async (stop) => {
      try {
        const { code, reason } = await runStop(stop, origin, callers, secrets);
        return { stop, code, reason };
      } catch (error) {
        return { stop, code: 0, reason: error.code ?? error.name };
      }
    }),
  );
}
