#!/usr/bin/env node
import { existsSync, readFileSync, statSync } from 'node:fs';

// In a clone, the command exists as soon as npm has linked it, which is before the build.
if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
  process.stderr.write('flick: not built yet. Run `npm run build` in the clone first.\n');
  process.exit(2);
}
// Whoever reads the output may go away, as `head` does; the API stays.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const argv = process.argv.slice(2);
const unbundled = async () => (await import('../dist/main.js')).main(argv);
process.exitCode = argv[0] === 'serve' && hasBundle() ? await bundled() : await unbundled();
// Output that is still on its way may leave; what else would keep the process alive may not.
setTimeout(() => process.exit(), 500).unref();

/** What `tools/bundle.js` makes of the modules that a server starts with: few files load faster than many. */
async function bundled() {
  const { main } = await import('../dist/start/main.js');
  return main(argv, unbundled);
}

/** Whether there is a bundle, of what is built here now. What npm installs is built no more. */
function hasBundle() {
  try {
    const builtFrom = JSON.parse(readFileSync(new URL('../dist/start/built-from.json', import.meta.url), 'utf8'));
    return Object.entries(builtFrom).every(([path, time]) => {
      const build = statSync(new URL(`../../${path}`, import.meta.url), { throwIfNoEntry: false });
      return build === undefined || build.mtimeMs === time;
    });
  } catch {
    return false;
  }
}
