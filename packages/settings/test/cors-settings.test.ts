import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, type ServeSettings } from '../src/settings.ts';
import { folderWith } from './temporary-folder.ts';

function read(cors: string): ServeSettings {
  const folder = folderWith({ 'flick.yaml': `contract: a.yaml\nupstream: http://127.0.0.1:1\ncors: ${cors}\n` });
  return readSettings(undefined, { config: join(folder, 'flick.yaml') }, () => {});
}

function faultOf(cors: string): string {
  try {
    read(cors);
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(/\S*flick\.yaml/g, 'flick.yaml') : '';
  }
  return 'no fault';
}

describe('cors', () => {
  it('is read with its defaults', () => {
    expect(read('{ origins: [https://app.example] }').cors).toEqual({
      origins: ['https://app.example'],
      credentials: false,
      maxAgeMs: 600_000,
      expose: [],
    });
  });

  it.each(['pass', '{ origins: ["*"] }', '{ origins: ["null"] }', 'off'])('takes %s', (cors) => {
    expect(faultOf(cors)).toBe('no fault');
  });

  it.each([
    'http://localhost:5173',
    'https://*.example.com',
    'https://*.example.com:8443',
    'http://[::1]:8080',
    'capacitor://localhost',
    'chrome-extension://abcdefghijklmnop',
  ])('takes the origin %s', (origin) => {
    expect(faultOf(`{ origins: ["${origin}"], credentials: true }`)).toBe('no fault');
  });

  it.each([
    ['https://app.example/', 'https://app.example'],
    ['https://app.example:443', 'https://app.example'],
    ['https://App.example', 'https://app.example'],
    ['app.example', 'https://app.example'],
    ['https://app.example/path?x', 'https://app.example'],
    ['https://u:p@app.example', 'https://app.example'],
  ])('says of %s what was meant', (origin, meant) => {
    expect(faultOf(`{ origins: ["${origin}"] }`)).toContain(`did you mean ${meant}?`);
  });

  it.each(['https://a.*.example', 'https://*', 'https://**.example.com', '*.example.com', 'https:'])(
    'refuses the origin %j',
    (origin) => {
      expect(faultOf(`{ origins: ["${origin}"] }`)).toMatch(/^flick\.yaml:3:\d+: .*due is an? .*origin/s);
    },
  );

  it('refuses credentials for all there are, and for null', () => {
    expect(faultOf('{ origins: ["*"], credentials: true }')).toContain('due are origins by name beside credentials');
    expect(faultOf('{ origins: ["null"], credentials: true }')).toContain('due is no "null" beside credentials');
  });

  it.each([
    ['{ origins: [a], max_age: soon }', '3:32: cors.max_age: due is '],
    ['{ origin: [a] }', '3:9: cors: unknown key origin; did you mean "origins"?'],
    ['{ credentials: true }', '3:1: cors: origins is missing'],
    [
      '{ origins: [] }',
      '3:18: cors.origins: due is a list of origins such as [https://app.example]; found an empty list',
    ],
    ['{ origins: [a, 7] }', '3:22: cors.origins.1: due is an origin such as https://app.example; found a number'],
    ['[a]', '3:7: cors: due is '],
    ['on', '3:7: cors: due is '],
  ])('names the key of %s that is wrong', (cors, due) => {
    expect(faultOf(cors)).toContain(`flick.yaml:${due}`);
    expect(faultOf(cors)).not.toContain('\n');
  });

  it('says of null without quotes that a text is due', () => {
    expect(faultOf('{ origins: [null] }')).toMatch(/^flick\.yaml:3:/);
  });
});
