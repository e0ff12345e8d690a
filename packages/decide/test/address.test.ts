import { expect, it } from 'vitest';
import { addressKey, compileClientAddress } from '../src/address.ts';
import { Fields } from '../src/fields.ts';
import { facts } from './story.ts';

function client(address: string, headers: readonly string[], ...trusted: readonly string[]): string {
  return compileClientAddress(trusted)({ ...facts('GET /'), address }, new Fields(headers));
}

it('believes nobody unless told to', () => {
  expect(client('192.0.2.1', ['X-Forwarded-For', '198.51.100.1'])).toBe('192.0.2.1');
  expect(client('192.0.2.1', ['X-Forwarded-For', '198.51.100.1'], '10.0.0.0/8')).toBe('192.0.2.1');
});

it('takes the nearest address that is not trusted', () => {
  const list = ['X-Forwarded-For', '203.0.113.9, 198.51.100.1, 10.0.0.2'];
  expect(client('10.0.0.1', list, '10.0.0.0/8')).toBe('198.51.100.1');
  expect(client('10.0.0.1', list, '10.0.0.1')).toBe('10.0.0.2');
  expect(client('10.0.0.1', list, '10.0.0.0/8', '198.51.100.1')).toBe('203.0.113.9');
  expect(client('10.0.0.1', ['x-forwarded-for', '198.51.100.1', 'X-Forwarded-For', '10.0.0.2'], '10.0.0.0/8')).toBe(
    '198.51.100.1',
  );
  expect(client('10.0.0.1', ['X-Forwarded-For', '10.0.0.3,10.0.0.2'], '10.0.0.0/8')).toBe('10.0.0.3');
});

it('stops at what is no address', () => {
  for (const hop of [
    'unknown',
    '',
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '::g',
    '1.2.3.4:x',
    '[1.2.3.4',
    '0x7f.1',
  ]) {
    expect([hop, client('10.0.0.1', ['X-Forwarded-For', `203.0.113.9, ${hop}`], '10.0.0.1')]).toEqual([
      hop,
      '10.0.0.1',
    ]);
  }
});

it('reads an address with a port, in brackets, or inside IPv6', () => {
  const spellings = {
    '198.51.100.1:4711': '198.51.100.1',
    '[2001:db8::1]:4711': '2001:db8::1',
    '[2001:db8::1]': '2001:db8::1',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    '::ffff:198.51.100.1': '198.51.100.1',
    '::ffff:c633:6401': '198.51.100.1',
  };
  for (const [hop, address] of Object.entries(spellings)) {
    expect(client('::ffff:10.0.0.1', ['X-Forwarded-For', hop], '10.0.0.0/8')).toBe(address);
  }
});

it('reads Forwarded', () => {
  const stories = {
    'for=198.51.100.1;proto=http;by=10.0.0.1': '198.51.100.1',
    'for=203.0.113.9, For="[2001:db8::1]:80"': '2001:db8::1',
    'for=203.0.113.9, for="10.0.0.2:80"': '203.0.113.9',
    'for=203.0.113.9, for=_hidden': '10.0.0.1',
    'for=203.0.113.9, proto=http': '10.0.0.1',
    'for="203.0.113.9, for=198.51.100.1': '10.0.0.1',
    'for="a\\",b", for=198.51.100.1': '198.51.100.1',
  };
  for (const [value, address] of Object.entries(stories)) {
    expect([value, client('10.0.0.1', ['Forwarded', value], '10.0.0.0/8')]).toEqual([value, address]);
  }
});

const both = (a: string, b: string) => ['Forwarded', `for=${a}`, 'X-Forwarded-For', b];

it('believes neither field where they do not agree, since the caller may have written one of them', () => {
  expect(client('10.0.0.1', both('198.51.100.1', '198.51.100.1'), '10.0.0.1')).toBe('198.51.100.1');
  expect(client('10.0.0.1', both('203.0.113.9', '198.51.100.1'), '10.0.0.1')).toBe('10.0.0.1');
});

it('counts IPv6 by network and IPv4 by address', () => {
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(addressKey('2001:db8:1:2::9')).toBe(addressKey('2001:db8:1:2:ffff::'));
  expect(addressKey('192.0.2.1')).toBe('192.0.2.1');
  expect(addressKey('')).toBe('');
});

it('gives an address with a zone without it', () => {
  expect(client('fe80::1%eth0', [])).toBe('fe80::1');
});

it('refuses a trusted proxy that is no address when it is made', () => {
  expect(() => compileClientAddress(['10.0.0.0/8', 'proxy.test'])).toThrow(/"proxy\.test" is no address or range/);
  expect(() => compileClientAddress(['10.0.0.0/33'])).toThrow(RangeError);
});
