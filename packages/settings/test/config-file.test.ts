import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../src/config-file.ts';
import { StartFault } from '../src/start-fault.ts';
import { folderWith } from './temporary-folder.ts';

/** The faults of a config file, without the path before its name. */
function faultsOf(yaml: string): readonly string[] {
  const folder = folderWith({ 'flick.yaml': yaml });
  try {
    readConfigFile(join(folder, 'flick.yaml'));
    return [];
  } catch (error) {
    if (!(error instanceof StartFault)) throw error;
    return error.lines.map((line) => line.replaceAll(`${folder}/`, ''));
  }
}

describe('a fault of flick.yaml is told with its line, its column and the mend', () => {
  it.each([
    [
      'a misspelt key',
      'contract: a.yaml\n  \nlistn: 8080\n',
      'flick.yaml:3:1: unknown key listn; did you mean "listen"?',
    ],
    [
      'a misspelt key further down',
      'timeouts:\n  headers: 2s\n  idl: 5s\n',
      'flick.yaml:3:3: timeouts: unknown key idl; did you mean "idle"?',
    ],
    [
      'a key like no other',
      'trust: { foo: [10.0.0.0/8] }\n',
      'flick.yaml:1:10: trust: unknown key foo; known here: proxies',
    ],
    [
      'a misspelt choice',
      'mode: enforec\n',
      /^flick.yaml:1:7: mode: due is enforce or observe; .*; did you mean "enforce"\?$/,
    ],
    [
      'a number for a duration',
      'timeouts: { headers: 2 }\n',
      /^flick.yaml:1:22: timeouts.headers: due is a duration such as/,
    ],
    [
      'a duration of nothing',
      'timeouts: { headers: 0s }\n',
      /^flick.yaml:1:22: timeouts.headers: due is a duration such as/,
    ],
    ['a size without a unit', 'sizes: { body: 64 }\n', /^flick.yaml:1:16: sizes.body: due is a size such as/],
    [
      'nothing where something is due',
      'upstream:\n',
      /^flick.yaml:1:\d+: upstream: due is an address .*; found nothing$/,
    ],
    [
      'a code that is none',
      'codes: [400, 99]\n',
      /^flick.yaml:1:14: codes.1: due is a code from 100 to 599; found a number$/,
    ],
    ['a limit without a window', 'limits:\n  a: { requests: 1 }\n', 'flick.yaml:2:3: limits.a: window is missing'],
    [
      'a limit for both paths and operations',
      'limits:\n  a: { requests: 1, window: 1s, paths: [/a], operations: [b] }\n',
      /^flick.yaml:2:6: limits.a: due is a block with requests and window, and with paths or operations but not both/,
    ],
    [
      'two sources of keys',
      'credentials:\n  a:\n    jwt: { algorithms: [HS256], jwks: a.json, secret: { env: A } }\n',
      /^flick.yaml:3:10: credentials.a.jwt: due is a block with algorithms and exactly one of secret, key and jwks/,
    ],
    ['a list in place of the map', '- a\n', /^flick.yaml:1:1: due is flick.yaml: a map of settings; found a list$/],
    ['a key twice', 'mode: observe\nmode: enforce\n', /^flick.yaml:2:1: not YAML: Map keys must be unique/],
    ['a bracket that nobody closes', 'codes: [400\n', /^flick.yaml:\d+:\d+: not YAML: /],
  ])('%s', (_, yaml, line) => {
    const faults = faultsOf(yaml);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(line);
  });

  it('all of them at once, in the order of the file', () => {
    const faults = faultsOf('mode: x\nlimits: { a: { requests: 0, window: 1s } }\nfoo: 1\nsizes: { bdy: 1MB }\n');
    expect(faults.map((line) => line.split(':')[1])).toEqual(['1', '2', '3', '4']);
  });

  it('without the value, which may be a secret at a wrong place', () => {
    const secret = 'c4nary-c4nary-c4nary-c4nary-c4nary';
    const texts = [
      `credentials: { a: { jwt: { algorithms: [HS256], secret: ${secret} } } }\n`,
      `credentials: { a: { jwt: { algorithms: [${secret}], secret: { env: ${secret}, file: x } } } }\n`,
      `mode: ${secret}\nlisten: { a: ${secret} }\n`,
      `credentials: { a: "${secret}" "${secret}" }\n`,
      `credentials: { a: "${secret}\\q" }\n`,
      `credentials: { a: *${secret} }\n`,
      `credentials: { a: !${secret} x }\n`,
    ];
    for (const text of texts) {
      const faults = faultsOf(text);
      expect(faults.length).toBeGreaterThan(0);
      expect(faults.join('\n')).not.toContain(secret);
    }
    expect(faultsOf(texts[0] ?? '')[0]).toContain('due is { env: NAME } or { file: PATH }; a secret is never written');
  });
});

describe('a config file that cannot be read is named', () => {
  it('where there is none', () => {
    expect(() => readConfigFile('nowhere/flick.yaml')).toThrow('nowhere/flick.yaml: cannot be read: no such file');
  });

  it('where it is a folder', () => {
    expect(() => readConfigFile(folderWith())).toThrow('it is a folder, not a file');
  });

  it('where its aliases expand without end', () => {
    const bomb = `a: &a [x, x]\n${Array.from('bcdefghij', (name, index) => {
      const before = 'abcdefghij'[index];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
    }).join('\n')}\n`;
    expect(faultsOf(bomb)).toEqual([
      'flick.yaml: an alias has no anchor before it, or expands to too much; write the values out',
    ]);
  });
});

it('an empty config file sets nothing', () => {
  const folder = folderWith({ 'flick.yaml': '# nothing yet\n' });
  expect(readConfigFile(join(folder, 'flick.yaml')).config).toEqual({});
});
