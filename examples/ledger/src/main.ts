// The ledger alone, as it would run for real: node examples/ledger/dist/main.js FOLDER [PORT]
import { mkdirSync } from 'node:fs';
import { openLedger } from './service.ts';

const [data, port = '8080'] = process.argv.slice(2);
if (data === undefined || !/^\d{1,5}$/.test(port)) {
  process.stderr.write('usage: node examples/ledger/dist/main.js FOLDER [PORT]\n');
  process.exit(2);
}
try {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const ledger = await openLedger({ data, listen: Number(port) });
  process.stdout.write(`${ledger.title} on ${ledger.origin}, its data in ${data}\n`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void ledger.stop());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
