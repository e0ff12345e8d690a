import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { brokenByDocument, explained } from '../corpus/explained.ts';
import { requestKinds, targets } from '../corpus/mutants.ts';
import { valueKinds } from '../corpus/mutations.ts';

const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');

/** The items of the list below a heading, each on one line. */
function listBelow(heading: string): string[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [list = ''] = section.split('\n## ');
  return list
    .split(/^- /m)
    .slice(1)
    .map((item) => item.replaceAll(/\s+/g, ' ').trim());
}

it('names every exception that the corpus test makes for a request, and no other', () => {
  expect(listBelow('Requests that come out otherwise')).toEqual(explained.map(({ name, why }) => `${name}: ${why}`));
});

it('names every fault for which an operation of the corpus is not served, and no other', () => {
  expect(listBelow('Operations that are not served')).toEqual(brokenByDocument.map(({ source }) => `\`${source}\``));
});

it('counts what is spoilt by every kind and place that there is', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  const [head = [], , ...kinds] = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  expect(head.slice(2, -1).map((place) => place.toLowerCase())).toEqual(targets);
  expect(kinds.map(([, kind]) => kind)).toEqual([...requestKinds, ...valueKinds]);
});
