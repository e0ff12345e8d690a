import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDocument, root } from './markdown.ts';

const architecture = readDocument('ARCHITECTURE.md');
const rungs = Array.from(architecture.matchAll(/^\| \d+ .*\|(.*)\|$/gm), ([, cell = '']) => cell);

describe('ARCHITECTURE.md', () => {
  it('names files that exist', () => {
    const inLadder = rungs.flatMap((cell) => Array.from(cell.matchAll(/`([\w-]+\.ts)`/g), ([, name]) => name));
    const paths = Array.from(
      architecture.matchAll(/`((?:packages|tools|cases|bench|examples)\/[^`]+)`/g),
      ([, path]) => path,
    );
    const named = [...inLadder.map((name) => `packages/decide/src/${name}`), ...paths].map(String);
    expect(rungs).toHaveLength(12);
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  it('names every rung of the ladder', () => {
    const files = readdirSync(new URL('packages/decide/src', root)).filter((name) => /-rungs?\.ts$/.test(name));
    expect(files.filter((name) => !rungs.join().includes(`\`${name}\``))).toEqual([]);
  });

  it('names every room', () => {
    const rooms = readdirSync(new URL('packages', root));
    expect(rooms.filter((name) => !architecture.includes(`\n| \`${name}\``))).toEqual([]);
  });
});
