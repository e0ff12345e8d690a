#!/usr/bin/env node
import { existsSync } from 'node:fs';

// In a clone, the command exists as soon as npm has linked it, which is before the build.
if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
  process.stderr.write('flick: not built yet. Run `npm run build` in the clone first.\n');
  process.exit(2);
}
// Whoever reads the output may go away, as `head` does; the API stays.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const { main } = await import('../dist/main.js');
process.exitCode = await main(process.argv.slice(2));
// Output that is still on its way may leave; what else would keep the process alive may not.
setTimeout(() => process.exit(), 500).unref();
