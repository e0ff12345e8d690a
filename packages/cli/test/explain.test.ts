import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { token, tokenSecret } from '../../../cases/token.ts';
import { listenAs, openConnection, runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea:
    get:
      operationId: getTea
      parameters:
        - { name: kind, in: query, schema: { enum: [green, black] } }
      responses: { '200': { description: Tea. } }
    post:
      operationId: brewTea
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [kind] } } }
      responses: { '201': { description: Brewed. } }
  /pot:
    get:
      operationId: getPot
      security: [{ bearerAuth: [pot:read] }]
      responses: { '200': { description: A pot. } }
  /cup:
    get:
      operationId: getCup
      x-flick: { mode: observe }
      parameters:
        - { name: size, in: query, required: true, schema: { type: integer } }
      responses: { '200': { description: A cup. } }
components:
  securitySchemes:
    bearerAuth: { type: http, scheme: bearer }
`;

interface Explained {
  readonly request_id: string;
  readonly method: string;
  readonly status?: number;
  readonly operation?: string;
  readonly refusal?: { readonly reason: string; readonly precise: number; readonly mend: string };
  readonly observed?: { readonly reason: string; readonly status: number };
  readonly ladder: readonly { readonly stage: string; readonly result: string; readonly note?: string }[];
  readonly unknown: readonly string[];
}

const resultsOf = ({ ladder }: Explained) => ladder.map(({ result }) => result);
const refusedAt = (stage: number): readonly string[] => [
  ...Array.from({ length: stage }, () => 'passed'),
  'refused',
  ...Array.from({ length: 11 - stage }, () => 'not reached'),
];

interface Init {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A gate that has answered these requests, by their ids, and whose records are closed. */
async function recorded(requests: Readonly<Record<string, readonly [path: string, init?: Init]>>) {
  const { origin: upstream } = await listenAs((request, response) => {
    response.statusCode = request.url === '/tea?kind=black' ? 410 : 200;
    response.setHeader('content-type', 'application/json').end('{}');
  });
  const folder = folderWith({
    'openapi.yaml': openapi,
    'flick.yaml': 'contract: openapi.yaml\nrecords: sqlite:flick.db\n',
  });
  const { origin, child, ended } = await serveFlick(['--upstream', upstream], folder);
  const statuses = await Promise.all(
    Object.entries(requests).map(async ([id, [path, init = {}]]) => {
      const response = await fetch(origin + path, { ...init, headers: { ...init.headers, 'x-request-id': id } });
      return [id, response.status] as const;
    }),
  );
  child.kill('SIGTERM');
  await ended;
  const explained = async (id: string): Promise<readonly Explained[]> => {
    const { stdout, stderr } = await runFlick(['explain', id, '--json'], folder);
    expect(stderr).toBe('');
    const explanations: readonly Explained[] = JSON.parse(stdout);
    return explanations;
  };
  return { folder, statuses: Object.fromEntries(statuses), explained };
}

describe('flick explain ID', () => {
  it('prints the ladder of a recorded request, rung by rung', async () => {
    const { statuses, explained } = await recorded({
      wrong: ['/tea?kind=blue'],
      body: ['/tea', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }],
      method: ['/tea', { method: 'PUT' }],
      path: ['/coffee'],
      token: ['/pot'],
      good: ['/tea?kind=green'],
      api: ['/tea?kind=black'],
      options: ['/tea', { method: 'OPTIONS' }],
      observed: ['/cup?size=large'],
    });
    const of = async (id: string) => {
      const [only, ...others] = await explained(id);
      if (only === undefined || others.length > 0) throw new Error('a record each');
      expect([only.request_id, only.status]).toEqual([id, statuses[id]]);
      return only;
    };
    const stages = (await of('good')).ladder.map(({ stage }) => stage).join(' ');
    expect(stages).toBe(
      'message target path method load address-limit credentials consumer-limit parameters body handler response',
    );
    expect(resultsOf(await of('path'))).toEqual(refusedAt(2));
    expect(resultsOf(await of('method'))).toEqual(refusedAt(3));
    expect(resultsOf(await of('token'))).toEqual(refusedAt(6));
    expect(resultsOf(await of('wrong'))).toEqual(refusedAt(8));
    expect(resultsOf(await of('body'))).toEqual(refusedAt(9));
    expect(new Set(resultsOf(await of('good')))).toEqual(new Set(['passed']));
    expect(resultsOf(await of('options')).slice(3, 5)).toEqual(['answered', 'not reached']);
    const api = await of('api');
    expect(api.ladder.slice(-2)).toEqual([
      { stage: 'handler', result: 'refused', note: 'the API answered 410' },
      { stage: 'response', result: 'passed', note: '410 became 404' },
    ]);
    const observed = await of('observed');
    expect(observed).toMatchObject({ status: 200, observed: { reason: 'wrong-value', status: 400 } });
    expect(resultsOf(observed)[8]).toBe('observed');
  });

  it('says of a request that found no room once its body had come that it had climbed on', async () => {
    const { origin: upstream, server } = await listenAs();
    const secured = openapi.replace('brewTea\n', 'brewTea\n      security: [{ bearerAuth: [] }]\n');
    const settings = `contract: openapi.yaml
records: sqlite:flick.db
overload: { upstream: 1 }
credentials: { bearerAuth: { jwt: { algorithms: [HS256], secret: { env: SECRET } } } }
`;
    const folder = folderWith({ 'openapi.yaml': secured, 'flick.yaml': settings });
    const { port, child, ended } = await serveFlick(['--upstream', upstream], folder, { SECRET: tokenSecret });
    const head = `POST /tea HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token({})}\r\nX-Request-Id: late\r\n`;
    const json = 'Content-Type: application/json\r\nContent-Length: 15\r\nExpect: 100-continue\r\n\r\n';
    const slow = openConnection(port, head + json);
    await vi.waitFor(() => expect(slow.received()).toMatch(/^HTTP\/1\.1 100 /), 10_000);
    const held = openConnection(port, 'GET /tea HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(server, 'request');
    slow.socket.write('{"kind":"mate"}');
    await vi.waitFor(() => expect(slow.received()).toMatch(/"reason":"overloaded"/), 10_000);
    held.socket.destroy();
    slow.socket.destroy();
    child.kill('SIGTERM');
    await ended;
    const { stdout } = await runFlick(['explain', 'late', '--json'], folder);
    const [late]: readonly Explained[] = JSON.parse(stdout);
    expect(late && resultsOf(late)).toEqual(refusedAt(10));
  });

  it('says to people why, and how to mend it', async () => {
    const { folder } = await recorded({ mine: ['/tea?kind=blue'] });
    const { code, stdout } = await runFlick(['explain', 'mine'], folder);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('GET /tea  getTea');
    expect(lines[1]).toBe('400  wrong-value: Wrong value');
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}✗ parameters {6}refused here {2}Query parameter "kind"/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}· body {12}not reached$/));
    expect(lines).toContain('Mend  Send what errors[] says was due.');
    expect(stdout).not.toContain('blue');
  });

  it('explains each request of an id that came twice', async () => {
    const { folder, explained } = await recorded({ twice: ['/tea'] });
    expect(await explained('twice')).toHaveLength(1);
    const { code, stderr } = await runFlick(['explain', 'never'], folder);
    expect([code, stderr]).toEqual([2, 'flick: no request of that id is among the records\n']);
  });

  it('says in one line where there are no records', async () => {
    const folder = folderWith();
    const told = await Promise.all(
      [[], ['--records', 'sqlite:none.db'], ['--records', 'off'], ['--records', 'what']].map((flags) =>
        runFlick(['explain', 'id', ...flags], folder),
      ),
    );
    expect(told.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(told.map(({ stderr }) => stderr.trim().split('\n').length)).toEqual([1, 1, 1, 1]);
    expect(told.map(({ stderr }) => stderr).join('')).toMatch(
      /memory.*\n.*none\.db: no such file.*\n.*off.*\n.*due is/,
    );
  });
});

function teaFolder(): string {
  return folderWith({ 'openapi.yaml': openapi });
}

/** Runs `flick explain --json` on a request that is never sent. */
async function explain(words: readonly string[], cwd = teaFolder()) {
  const { code, stdout, stderr } = await runFlick(['explain', '--contract', 'openapi.yaml', '--json', ...words], cwd);
  const explained: Explained | undefined = stdout === '' ? undefined : JSON.parse(stdout);
  return { code, stderr, explained };
}

describe('flick explain of a request that is never sent', () => {
  it('gives the code that a gate would give, for each of these', async () => {
    const { origin: upstream } = await listenAs((_request, response) => void response.end('{}'));
    const cwd = teaFolder();
    const { origin } = await serveFlick(['openapi.yaml', '--upstream', upstream, '--log', 'off'], cwd);
    const commands = [
      ['/tea?kind=green'],
      ['/tea?kind=blue&x=1'],
      ['/tea', '-X', 'POST', '-d', '{}'],
      ['/tea', '-H', 'Content-Type: application/json', '-d', '{"kind":1}'],
      ['/tea', '--json', '{}'],
      ['/tea', '--json', '{"kind"'],
      ['/tea', '-X', 'PUT'],
      ['/tea', '-X', 'BREW'],
      ['/tea', '-I'],
      ['/coffee'],
      ['/pot'],
      ['/pot', '-H', 'Authorization: Bearer abc'],
      ['/pot', '-u', 'ada:secret'],
      ['/%zz'],
      ['/a%2fb'],
      ['/tea', '-H', 'Expect: tea'],
      ['/cup?size=large'],
    ];
    const pairs = await Promise.all(
      commands.map(async ([path = '', ...flags]) => {
        const words = ['curl', ...flags, origin + path];
        const { explained, code } = await explain(words, cwd);
        const head = flags.includes('-I') ? [] : ['-i'];
        const sent = await new Promise<string>((resolve) => {
          execFile('curl', ['-s', '-m', '20', ...head, ...flags, origin + path], (_error, stdout) => resolve(stdout));
        });
        const status = Number(/^HTTP\/1\.1 (\d+)/.exec(sent)?.[1]);
        return [
          [path, flags.join(' '), explained?.status ?? 200, code],
          [path, flags.join(' '), status, Number(status >= 400)],
        ];
      }),
    );
    expect(pairs.map(([told]) => told)).toEqual(pairs.map(([, got]) => got));
  }, 60_000);

  it('takes a pasted command as one argument, quotes and line ends included', async () => {
    const pasted = `curl -sS 'https://api.test/tea' \\\n  -H 'Content-Type: application/json' \\\n  --data-raw $'{"kind":"gr\\u00fcn"}'`;
    const { code, explained } = await explain([pasted]);
    expect(code).toBe(0);
    expect(explained).toMatchObject({ method: 'POST', operation: 'brewTea' });
    expect(explained && resultsOf(explained).slice(-3)).toEqual(['passed', 'not known', 'not known']);
  });

  it('says what cannot be known without sending', async () => {
    const cwd = folderWith({
      'openapi.yaml': openapi,
      'flick.yaml': `contract: openapi.yaml
limits: { slow: { requests: 1, window: 60s } }
credentials: { bearerAuth: { jwt: { algorithms: [RS256], jwks: 'https://issuer.invalid/keys' } } }
tls: { cert: { file: none.pem }, key: { file: none.pem } }
`,
    });
    const { code, explained } = await explain(['-H', 'Authorization: Bearer abc', 'https://h/pot'], cwd);
    expect(code).toBe(0);
    expect(explained?.unknown).toEqual([
      'limit slow: how many of its 1 requests in 60 s are left',
      'credentials of bearerAuth: they are verified over the network, which explain does not use',
      'what the API itself answers',
    ]);
  });

  it('passes what is only observed, and says what enforcing it would do', async () => {
    const { stdout, code } = await runFlick(['explain', '--contract', 'openapi.yaml', 'h/cup'], teaFolder());
    expect(code).toBe(0);
    expect(stdout).toContain('passes to the API  enforced, it would be 400 missing-parameter');
    expect(stdout).toContain('! parameters      would refuse');
  });

  it.each([
    [['https://h/tea'], /no contract/],
    [['--contract', 'none.yaml', 'https://h/tea'], /none\.yaml/],
    [['--contract', 'openapi.yaml'], /name a request id/],
    [['--contract', 'openapi.yaml', 'https://h/tea', '--what'], /does not know curl's --what/],
    [[], /name a request id/],
    [['--contract'], /--contract/],
  ])('tells the mistake of %j in one line', async (words, due) => {
    const { code, stderr } = await runFlick(['explain', ...words], teaFolder());
    expect(code).toBe(2);
    expect(stderr).toMatch(due);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
