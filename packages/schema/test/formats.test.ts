import { describe, expect, it } from 'vitest';
import { formats } from '../src/formats.ts';
import { checkOf } from './document.ts';

const rows: readonly (readonly [format: string, holds: readonly unknown[], refuses: readonly unknown[]])[] = [
  [
    'date',
    ['2024-02-29', '2000-02-29', '1999-12-31'],
    ['2023-02-29', '1900-02-29', '2024-13-01', '2024-04-31', '24-01-01', '2024-1-1', '2024-01-01T00:00:00Z', ''],
  ],
  [
    'time',
    ['12:00:00Z', '23:59:60Z', '08:30:06.283185+01:00', '00:00:00z'],
    ['24:00:00Z', '12:60:00Z', '12:00:00', '12:00Z', '12:00:00+24:00'],
  ],
  [
    'date-time',
    ['2026-01-31T12:00:00Z', '2026-01-31t12:00:00.5-08:00', '2026-01-31 12:00:00Z', '1998-12-31T23:59:60Z'],
    ['2026-01-31', '2026-01-31T12:00:00', '2026-02-30T12:00:00Z', '2026-01-31T25:00:00Z', 'now'],
  ],
  ['duration', ['P1D', 'P1Y2M3DT4H5M6S', 'PT0.5S', 'P2W', 'PT36H'], ['P', 'PT', '1D', 'P1', 'P1S', 'PT1D']],
  [
    'uuid',
    [
      '123e4567-e89b-12d3-a456-426614174000',
      '123E4567-E89B-12D3-A456-426614174000',
      '00000000-0000-0000-0000-000000000000',
    ],
    ['123e4567e89b12d3a456426614174000', '123e4567-e89b-12d3-a456-42661417400g', ''],
  ],
  [
    'email',
    ['ada@example.com', 'a.b+c@x', 'ada@sub.example.co.uk', 'jörg@müller.de', '"a b"@example.com'],
    ['ada', '@example.com', 'ada@', 'a b@example.com', 'a@b@c', ''],
  ],
  [
    'hostname',
    ['example.com', 'a', 'xn--nxasmq6b', 'api_1.example.com', 'example.com.', 'müller.de'],
    ['-a.com', 'a-.com', 'a..b', '', 'a b', `${'a'.repeat(64)}.com`],
  ],
  ['ipv4', ['192.0.2.1', '0.0.0.0'], ['256.0.0.1', '1.2.3', '01.2.3.4', '::1']],
  ['ipv6', ['2001:db8::1', '::', '::ffff:192.0.2.1'], ['2001:db8::1::2', '192.0.2.1', 'fe80::1%eth0', '']],
  [
    'uri',
    [
      'https://example.com/a?b=c#d',
      'urn:isbn:0451450523',
      'mailto:a@b',
      'https://exämple.com/ü',
      'http://[2001:db8::1]/',
    ],
    ['/a/b', 'example.com', 'https://a b', 'https://a/%zz', ''],
  ],
  ['uri-reference', ['/a/b', '', '#x', '../a', 'https://example.com'], ['a b', 'a\\b', '%']],
  ['byte', ['', 'YQ==', 'YWI', 'a-_w', 'YWJj\r\nYWJj'], ['YQ===', 'Y Q', 'ä']],
  ['int32', [0, -2147483648, 2147483647], [2147483648, -2147483649, 1.5]],
  ['int64', [2 ** 63, -(2 ** 63)], [2 ** 64, 0.5]],
];

describe('formats', () => {
  it.each(rows)('%s', (format, holds, refuses) => {
    const check = checkOf({ format });
    for (const value of holds) expect({ value, faults: check(value) }).toEqual({ value, faults: undefined });
    for (const value of refuses)
      expect({ value, refused: check(value) !== undefined }).toEqual({ value, refused: true });
    expect(check(typeof holds[0] === 'string' ? 1 : 'text')).toBeUndefined();
  });

  it('that nobody asserts say nothing', () => {
    for (const format of ['regex', 'password', 'binary', 'float', 'double', 'toString', 'phone']) {
      expect(checkOf({ format })('(')).toBeUndefined();
      expect(checkOf({ format })(1.5)).toBeUndefined();
    }
  });

  it('take hostile text of 100 KB in their stride', () => {
    const seeds = ['1', 'a', 'a.', '-', '@', 'a@', 'P1', '%', ':', '0:', ' ', '=', 'é', '1.1', 'PT1'];
    const started = performance.now();
    for (const format of formats.values()) {
      if (format.type === 'string') for (const seed of seeds) format.holds(`${seed.repeat(100_000 / seed.length)}!`);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
