import { describe, expect, it } from 'vitest';
import {
  authority,
  isAddressRange,
  isOwnAddress,
  nearOrigin,
  readListenAddress,
  readOrigin,
} from '../src/addresses.ts';
import { durationMs, sizeBytes } from '../src/units.ts';

describe('units', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1m', 60_000],
    ['1h', 3_600_000],
    ['0', 0],
    ['0s', 0],
  ])('reads the duration %s', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['8kB', 8000],
    ['1MB', 1_000_000],
    ['1MiB', 1_048_576],
  ])('reads the size %s', (text, bytes) => expect(sizeBytes(text)).toBe(bytes));
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['9090', { host: '127.0.0.1', port: 9090 }],
    [':8080', undefined],
    ['127.0.0.1', undefined],
    ['::1:8080', undefined],
    ['127.0.0.1:65536', undefined],
    ['http://127.0.0.1:80', undefined],
    ['', undefined],
  ])('reads where to listen: %j', (text, address) => expect(readListenAddress(text)).toEqual(address));

  it.each([
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['https://api.example/', 'https://api.example'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['127.0.0.1:3000', undefined],
    ['localhost:3000', undefined],
    ['ftp://127.0.0.1', undefined],
    ['http://127.0.0.1:3000/api', undefined],
    ['http://127.0.0.1:3000?x=1', undefined],
    ['http://user:word@127.0.0.1:3000', undefined],
    ['http://', undefined],
  ])('reads the origin of an upstream: %j', (text, origin) => expect(readOrigin(text)).toBe(origin));

  it.each([
    ['localhost:3000', 'http://localhost:3000'],
    ['api.example', 'http://api.example'],
    ['https://ada:hunter2@api.example/v1?key=hunter2', 'https://api.example'],
    ['http://[::1]:3000/v1', 'http://[::1]:3000'],
    ['ftp://api.example', 'http://127.0.0.1:3000'],
    ['unix:/run/api', 'http://127.0.0.1:3000'],
    ['http://', 'http://127.0.0.1:3000'],
    ['', 'http://127.0.0.1:3000'],
  ])('guesses which origin is meant: %j', (text, origin) => expect(nearOrigin(text)).toBe(origin));

  it.each([
    ['http://127.0.0.1:8080', '127.0.0.1:8080', true],
    ['http://localhost:8080', '127.0.0.1:8080', true],
    ['http://[::1]:8080', '[::]:8080', true],
    ['http://api.example', 'api.example:80', true],
    ['https://localhost', '0.0.0.0:443', true],
    ['http://127.0.0.1:8081', '127.0.0.1:8080', false],
    ['http://api.example:8080', '127.0.0.1:8080', false],
    ['http://127.0.0.1:8080', '0', false],
  ])('knows whether %s is where it listens itself: %s', (origin, text, own) => {
    const listen = readListenAddress(text);
    expect(listen && isOwnAddress(origin, listen)).toBe(own);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1:80'],
    ['::1', '[::1]:80'],
  ])('writes host and port of %s', (host, text) => expect(authority(host, 80)).toBe(text));

  it.each([
    ['10.0.0.1', true],
    ['10.0.0.0/8', true],
    ['fd00::/8', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0/', false],
    ['10.0.0/8', false],
    ['proxy.example', false],
    ['10.0.0.0/8/8', false],
  ])('knows a range of addresses: %j', (text, known) => expect(isAddressRange(text)).toBe(known));
});
