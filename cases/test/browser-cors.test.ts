import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { openDoor } from '../door.ts';

/** What a page tells of one call: what its script could read, or that the browser kept it from it. */
interface Told {
  readonly status?: number;
  readonly reason?: string;
  readonly retryAfter?: string | null;
  readonly allow?: string | null;
  readonly challenge?: string | null;
  readonly failed?: string;
}

/** A page that makes the calls that it is given, one after the other, and writes down what it could read. */
function pageOf(calls: readonly (readonly [url: string, init: object])[]): string {
  return `<!doctype html><title>calls</title><pre id="told"></pre><script type="module">
    const told = [];
    for (const [url, init] of ${JSON.stringify(calls)}) {
      try {
        const answer = await fetch(url, init);
        const text = await answer.text();
        const of = (name) => answer.headers.get(name);
        let reason;
        try { reason = JSON.parse(text).reason; } catch {}
        told.push({ status: answer.status, reason, retryAfter: of('retry-after'), allow: of('allow'), challenge: of('www-authenticate') });
      } catch (error) {
        told.push({ failed: error.name });
      }
    }
    document.getElementById('told').textContent = btoa(JSON.stringify(told));
  </script>`;
}

/** Loads a page in Chromium and gives what its script wrote down. */
async function browse(url: string): Promise<readonly Told[]> {
  const profile = mkdtempSync(join(tmpdir(), 'flick-browser-'));
  onTestFinished(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
  ];
  const run = promisify(execFile)('chromium', [...flags, '--virtual-time-budget=20000', '--dump-dom', url], {
    timeout: 100_000,
  });
  const { stdout } = await run.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('This test needs a Debian package: apt-get install chromium');
    }
    throw error;
  });
  const written = /<pre id="told">([^<]+)<\/pre>/.exec(stdout)?.[1];
  if (written === undefined) throw new Error(`the page wrote nothing: ${stdout.slice(0, 500)}`);
  const told: readonly Told[] = JSON.parse(Buffer.from(written, 'base64').toString());
  return told;
}

test('a page in a real browser reads refusals where its origin has leave, and nothing where it has none', async () => {
  let page = '';
  const site = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end(page);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  await once(site, 'listening');
  const origin = `http://127.0.0.1:${portOf(site)}`;
  const { port, outcomes } = await openDoor({
    settings: {
      cors: { origins: [origin], credentials: true, maxAgeMs: 0, expose: [] },
      limits: [{ name: 'few', requests: 1, windowMs: 60_000, by: 'address', operations: ['popularBooks'] }],
    },
  });
  const api = `http://127.0.0.1:${port}/v1`;
  const key = { headers: { 'X-Api-Key': 'k' } };
  page = pageOf([
    [`${api}/private`, {}],
    [`${api}/private`, key],
    [`${api}/private`, { ...key, credentials: 'include' }],
    [`${api}/health`, { method: 'DELETE' }],
    [`${api}/nowhere`, key],
    [`${api}/books/popular`, {}],
    [`${api}/books/popular`, {}],
  ]);
  const told = await browse(origin);
  expect(told).toMatchObject([
    { status: 401, reason: 'missing-credentials', challenge: expect.stringContaining('ApiKey') },
    { status: 200 },
    { status: 200 },
    { status: 405, reason: 'method-not-allowed', allow: 'GET, HEAD, OPTIONS' },
    { status: 404, reason: 'unknown-path' },
    { status: 200 },
    { status: 429, reason: 'address-limit', retryAfter: expect.stringMatching(/^\d+$/) },
  ]);
  expect(outcomes.filter(({ method, path }) => method === 'OPTIONS' && path === '/v1/private').length).toBeGreaterThan(
    0,
  );
  const other = await browse(`http://localhost:${portOf(site)}`);
  expect(other).toEqual(told.map(() => ({ failed: 'TypeError' })));
}, 240_000);
