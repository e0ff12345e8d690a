// Runs after `tsc -b`: writes what `flick serve` starts with into a few files below packages/cli/dist/start. To load some
// two hundred modules one by one takes longer than all else that a start does. What tsc writes stays whole: it alone is
// run where it is newer, where another command is given, and where handlers run, which import Flick's packages themselves.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const folder = `${packages}cli/dist/start/`;
const manifest = `${folder}built-from.json`;

/** The time of each package's build, by where it is told. `packages/cli/bin/flick.js` holds what is there to it. */
function builds() {
  return Object.fromEntries(
    readdirSync(packages).map((name) => {
      const path = `${name}/dist/.tsbuildinfo`;
      return [path, statSync(packages + path).mtimeMs];
    }),
  );
}

function isFresh(text) {
  try {
    return readFileSync(manifest, 'utf8') === text;
  } catch {
    return false;
  }
}

/** Where `folder` is, seen from a module: both move together, in a clone and in `node_modules/@flick`. */
function fromFolder(path) {
  return relative(folder, path).split(sep).join('/');
}

/** A module that looks for files beside itself, or loads a library, still does so from where it was. */
const ownPlaces = {
  name: 'own-places',
  transform(code, id) {
    return code.replaceAll('import.meta.url', () => `new URL(${JSON.stringify(fromFolder(id))}, import.meta.url).href`);
  },
};

/** Of what is loaded later, only what a server with an upstream needs: the rest is never reached from here. */
const served = new Set(['./serve.js', './admin-listener.js']);

const others = {
  name: 'others',
  resolveId(id, importer, { kind }) {
    if (id.startsWith('node:')) return { id, external: true };
    if (kind === 'dynamic-import' && !served.has(id)) {
      return { id: fromFolder(resolve(dirname(importer), id)), external: true };
    }
    if (/^(?:[./]|@flick\/)/.test(id)) return undefined;
    // From here, only what the command line itself depends on is sure to be found.
    if (importer?.startsWith(`${packages}cli/`)) return { id, external: true };
    throw new Error(`${importer} imports ${id}; load it by createRequire(import.meta.url), when it is needed`);
  },
};

async function write() {
  const { rolldown } = await import('rolldown');
  const input = `${packages}cli/dist/main.js`;
  const bundle = await rolldown({ input, platform: 'node', tsconfig: false, plugins: [ownPlaces, others] });
  await bundle.write({ dir: folder, format: 'esm', chunkFileNames: '[name].js' });
}

const builtFrom = JSON.stringify(builds());
if (!isFresh(builtFrom)) {
  // First of all: what is written in part must not be taken for whole.
  rmSync(folder, { recursive: true, force: true });
  try {
    await write();
    writeFileSync(manifest, builtFrom);
  } catch (error) {
    process.stderr.write(`Not bundled, so that flick serve takes longer to start: ${error.message}\n`);
    process.exitCode = 1;
  }
}
