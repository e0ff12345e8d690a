/** Prism's proxy mode on the same contract, refusing what breaks it. Runs in this process, so that it can be measured. */
import { serveUsage } from './child.js';
import { freePort, untilListening } from './free-port.js';
import { importPeer } from './peers.js';
import { contractFile } from './requests.js';

const port = await freePort();
const [node = '', self = '', upstreamPort = ''] = process.argv;
const options = `--port ${port} --host 127.0.0.1 --errors --verboseLevel silent`.split(' ');
process.argv = [node, self, 'proxy', contractFile, `http://127.0.0.1:${upstreamPort}`, ...options];
await importPeer('@stoplight/prism-cli');
await untilListening(port);
serveUsage(port);
