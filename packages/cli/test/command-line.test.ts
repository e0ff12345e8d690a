import { describe, expect, it, vi } from 'vitest';
import { main } from '../src/main.ts';
import { type Run, runFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea:
    get:
      operationId: getTea
      responses: { '200': { description: Tea. } }
components:
  securitySchemes:
    bearerAuth: { type: http, scheme: bearer }
    basicAuth: { type: http, scheme: basic }
`;

type Files = Readonly<Record<string, string | Uint8Array>>;
type Mistake = [name: string, args: readonly string[], files: Files, line: string | RegExp];

/** Runs `flick` in this process, which spares the start of another. */
async function runHere(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const home = process.cwd();
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  process.chdir(cwd);
  try {
    const code = await main(args);
    return { code, stdout: out.mock.calls.join(''), stderr: err.mock.calls.join('') };
  } finally {
    process.chdir(home);
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
}

describe('flick, asked about itself', () => {
  it('says its version', async () => {
    const { code, stdout } = await runFlick(['--version'], folderWith());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('names its commands', async () => {
    const { code, stdout } = await runFlick(['--help'], folderWith());
    expect(code).toBe(0);
    expect(stdout).toContain('flick [options] [command]');
    expect(stdout).toMatch(/^ {2}serve .*stand before an API/m);
  });

  it.each([[['serve', '--help']], [['help', 'serve']]])('explains a command: %j', async (args) => {
    const { code, stdout } = await runFlick(args, folderWith());
    expect(code).toBe(0);
    for (const flag of ['--upstream', '--config', '--listen', '--mode', '--codes', '--strict', '--log']) {
      expect(stdout).toContain(flag);
    }
    expect(stdout).toContain('flick serve openapi.yaml --upstream http://127.0.0.1:3000');
  });
});

describe('a command that cannot start says why in one line and ends with 2', () => {
  const up = ['--upstream', 'http://127.0.0.1:1'];
  const jwt = 'algorithms: [HS256], secret: { env: S }';

  it.each<Mistake>([
    ['an unknown command', ['serv'], {}, "flick: unknown command 'serv'; did you mean serve?"],
    ['an unknown flag', ['serve', '--upstrem', 'x'], {}, "flick: unknown option '--upstrem'; did you mean --upstream?"],
    [
      'a flag without its value',
      ['serve', '--upstream'],
      {},
      /^flick: option '-u, --upstream <url>' argument missing$/,
    ],
    ['an argument too many', ['serve', 'a', 'b', ...up], {}, /^flick: too many arguments/],
    ['no contract', ['serve', ...up], {}, /^flick: no contract: name one, as in `flick serve openapi\.yaml/],
    ['no upstream', ['serve', 'a.yaml'], { 'a.yaml': openapi }, /^flick: no upstream: name the API to stand before/],
    [
      'an upstream without a scheme',
      ['serve', 'a.yaml', '--upstream', 'localhost:3000'],
      { 'a.yaml': openapi },
      'flick: --upstream: due is scheme, host and port alone, such as http://localhost:3000',
    ],
    [
      'an upstream with a path',
      ['serve', 'a.yaml', '--upstream', 'https://ada:hunter2@tea.example/v1'],
      { 'a.yaml': openapi },
      'flick: --upstream: due is scheme, host and port alone, such as https://tea.example',
    ],
    [
      'an upstream that is Flick itself',
      ['serve', 'a.yaml', '--upstream', 'http://localhost:8080'],
      { 'a.yaml': openapi },
      'flick: the upstream http://localhost:8080 is where Flick itself would listen; choose another address with --listen',
    ],
    [
      'an upstream of another scheme',
      ['serve', 'a.yaml', '--upstream', 'ftp://tea.example'],
      { 'a.yaml': openapi },
      'flick: --upstream: due is scheme, host and port alone, such as http://127.0.0.1:3000',
    ],
    [
      'an address that is none',
      ['serve', 'a.yaml', ...up, '--listen', 'here'],
      { 'a.yaml': openapi },
      'flick: --listen: due is an address such as 127.0.0.1:8080, 0.0.0.0:8080 for all, or a port',
    ],
    [
      'a mode that is none',
      ['serve', 'a.yaml', ...up, '--mode', 'obsrve'],
      { 'a.yaml': openapi },
      'flick: --mode: due is enforce or observe; did you mean "observe"?',
    ],
    [
      'a table that is none',
      ['serve', 'a.yaml', ...up, '--codes', '400,4o4'],
      { 'a.yaml': openapi },
      'flick: --codes: due is default, standard, or a list from 100 to 599 such as 400,401,404,429,500',
    ],
    [
      'a code beyond 599',
      ['serve', 'a.yaml', ...up, '--codes', '999'],
      { 'a.yaml': openapi },
      'flick: --codes: due is default, standard, or a list from 100 to 599 such as 400,401,404,429,500',
    ],
    [
      'a table with a misspelt name',
      ['serve', 'a.yaml', ...up, '--codes', 'standart'],
      { 'a.yaml': openapi },
      /^flick: --codes: due is .* such as [\d,]+; did you mean "standard"\?$/,
    ],
    ['a document that is not there', ['serve', 'a.yaml', ...up], {}, /^flick: a\.yaml: .+/],
    ['a document that is no OpenAPI', ['serve', 'a.yaml', ...up], { 'a.yaml': 'foo: 1\n' }, /^flick: a\.yaml.*: .+/],
    ['a document that is no YAML', ['serve', 'a.yaml', ...up], { 'a.yaml': 'a: [\n' }, /^flick: a\.yaml:\d+:\d+: .+/],
    [
      'a config file that is not there',
      ['serve', '--config', 'f.yaml'],
      {},
      'flick: f.yaml: cannot be read: no such file',
    ],
    [
      'a config file that is a folder',
      ['serve', '--config', '.'],
      {},
      'flick: .: cannot be read: it is a folder, not a file',
    ],
    [
      'a config file with a tab, by its first fault alone',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'mode:\n\tobserve\n', 'a.yaml': openapi },
      'flick: flick.yaml:2:1: not YAML: Tabs are not allowed as indentation',
    ],
    [
      'a config file with a second document',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'mode: observe\n---\nmode: enforce\n', 'a.yaml': openapi },
      'flick: flick.yaml:2:1: a second document begins here; due is one',
    ],
    [
      'a config file in UTF-16',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': Buffer.from('\ufeffmode: observe\n', 'utf16le'), 'a.yaml': openapi },
      'flick: flick.yaml: is not UTF-8 text; save it as UTF-8',
    ],
    [
      'an alias of nothing',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'mode: *usual\n', 'a.yaml': openapi },
      'flick: flick.yaml: an alias has no anchor before it, or expands to too much; write the values out',
    ],
    [
      'a limit of nothing',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'limits: { a: { requests: 0, window: 1s } }\n', 'a.yaml': openapi },
      'flick: flick.yaml:1:26: limits.a.requests: due is a whole number from 1 to 1000000000; found a number',
    ],
    [
      'a size that no text can have',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'sizes: { body: 2000MiB }\n', 'a.yaml': openapi },
      'flick: flick.yaml:1:16: sizes.body: due is at most 256MiB',
    ],
    ...['2 s', '-1s', '1e9d', '1d', '0s', 5].map(
      (text): Mistake => [
        `a duration that is none: ${text}`,
        ['serve', 'a.yaml', ...up],
        { 'flick.yaml': `timeouts: { idle: ${text} }\n`, 'a.yaml': openapi },
        /^flick: flick\.yaml:1:19: timeouts\.idle: due is a duration such as 500ms, 2s or 1m; found /,
      ],
    ),
    [
      'an unknown key',
      ['serve'],
      { 'flick.yaml': 'contract: a.yaml\nupstreem: http://127.0.0.1:1\n' },
      'flick: flick.yaml:2:1: unknown key upstreem; did you mean "upstream"?',
    ],
    [
      'a literal secret',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'credentials:\n  bearerAuth:\n    jwt: { algorithms: [HS256], secret: hunter2 }\n',
        'a.yaml': openapi,
      },
      /^flick: flick\.yaml:3:41: credentials\.bearerAuth\.jwt\.secret: due is \{ env: NAME \} or (?!.*hunter2)/,
    ],
    [
      'a secret that the environment does not have',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': `credentials:\n  bearerAuth:\n    jwt: { ${jwt} }\n`, 'a.yaml': openapi },
      'flick: flick.yaml:3:41: credentials.bearerAuth.jwt.secret: the environment variable S is not set',
    ],
    [
      'a key that is none',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'credentials:\n  bearerAuth:\n    jwt: { algorithms: [RS256], key: { file: key.pem } }\n',
        'key.pem': 'hunter2\n',
        'a.yaml': openapi,
      },
      /^flick: flick\.yaml:3:38: credentials\.bearerAuth\.jwt\.key: (?!.*hunter2).+/,
    ],
    [
      'a key file that is not there',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'credentials:\n  bearerAuth:\n    jwt: { algorithms: [RS256], key: { file: key.pem } }\n',
        'a.yaml': openapi,
      },
      'flick: flick.yaml:3:38: credentials.bearerAuth.jwt.key: key.pem cannot be read: no such file',
    ],
    [
      'a key set that is no JSON',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'credentials:\n  bearerAuth:\n    jwt: { algorithms: [RS256], jwks: keys.json }\n',
        'keys.json': 'hunter2',
        'a.yaml': openapi,
      },
      'flick: flick.yaml:3:39: credentials.bearerAuth.jwt.jwks: the file is not JSON; due is a key set (RFC 7517, section 5)',
    ],
    [
      'a certificate that is none',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'tls: { cert: { file: a.pem }, key: { file: a.pem } }\n',
        'a.pem': 'hunter2',
        'a.yaml': openapi,
      },
      'flick: flick.yaml:1:6: tls: due are a certificate and the private key that belongs to it, both in PEM',
    ],
    [
      'a proxy that is no address',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'trust: { proxies: [10.0.0.0/8, proxy.local] }\n', 'a.yaml': openapi },
      'flick: flick.yaml:1:32: trust.proxies.1: due is an address or a range such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      'a deadline that no timer can wait for',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'timeouts: { upstream: 999h }\n', 'a.yaml': openapi },
      'flick: flick.yaml:1:23: timeouts.upstream: due is at most 24h',
    ],
    [
      'switches for an operation that is not in the contract',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'operations:\n  getTee: { mode: observe }\n', 'a.yaml': openapi },
      'flick: flick.yaml:2:11: operations.getTee: no such operation in the contract; did you mean "getTea"?',
    ],
    [
      'a limit on a path that is not in the contract',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'limits:\n  a: { paths: [/tee], requests: 1, window: 1s }\n', 'a.yaml': openapi },
      'flick: flick.yaml:2:16: limits.a.paths.0: no such path in the contract; did you mean "/tea"?',
    ],
    [
      'a limit on an operation that is not in the contract',
      ['serve', 'a.yaml', ...up],
      { 'flick.yaml': 'limits:\n  a: { operations: [getTee], requests: 1, window: 1s }\n', 'a.yaml': openapi },
      'flick: flick.yaml:2:21: limits.a.operations.0: no such operation in the contract; did you mean "getTea"?',
    ],
    [
      'a verifier for a scheme that is not in the contract',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'credentials:\n  bearer:\n    jwt: { algorithms: [HS256], secret: { env: K } }\n',
        'a.yaml': openapi,
      },
      /^flick: flick\.yaml:3:5: credentials\.bearer: no such security scheme in the contract/,
    ],
    [
      'a verifier for a scheme that carries no token',
      ['serve', 'a.yaml', ...up],
      {
        'flick.yaml': 'credentials:\n  basicAuth:\n    jwt: { algorithms: [HS256], secret: { env: K } }\n',
        'a.yaml': openapi,
      },
      /^flick: flick\.yaml:3:10: credentials\.basicAuth\.jwt: the security scheme is of a type that carries no token$/,
    ],
  ])('%s', async (_, args, files, line) => {
    const { code, stdout, stderr } = await runHere(args, folderWith(files), { K: 'k'.repeat(32) });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it.each<[name: string, args: readonly string[], line: string]>([
    ['a wrong flag', ['serve', '--upstrem', 'x'], "unknown option '--upstrem'; did you mean --upstream?"],
    ['a document that is not there', ['serve', 'a.yaml', ...up], 'a.yaml: '],
    ['a config file that is not there', ['serve', '-c', 'f.yaml'], 'f.yaml: cannot be read: no such file'],
  ])('as a process of its own: %s', async (_, args, line) => {
    const { code, stdout, stderr } = await runFlick(args, folderWith());
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`flick: ${line}`);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('tells all faults of the settings in one go', async () => {
    const folder = folderWith({ 'flick.yaml': 'upstream: nowhere\nlisten: here\ntimeouts: { idle: 99h }\n' });
    const { code, stderr } = await runHere(['serve', '--mode', 'on'], folder);
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(5);
  });
});
