/** Prism's proxy mode on the same contract, refusing what breaks it. Runs in this process, so that it can be measured. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { serveUsage } from './child.js';
import { prismFile } from './peers.js';
import { contractFile } from './requests.js';

const port = await freePort();
const [node = '', self = '', upstreamPort = ''] = process.argv;
const options = `--port ${port} --host 127.0.0.1 --errors --verboseLevel silent`.split(' ');
process.argv = [node, self, 'proxy', contractFile, `http://127.0.0.1:${upstreamPort}`, ...options];
await import(prismFile.href);
await listening();
serveUsage(port);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = Object(server.address());
  server.close();
  return free;
}

async function listening() {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } catch {
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    await listening();
  } finally {
    socket.destroy();
  }
}
