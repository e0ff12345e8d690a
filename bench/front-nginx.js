/** nginx as a plain proxy, one process that checks nothing: the limit of what a gateway can do. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveParent } from './child.js';
import { freePort, untilListening } from './free-port.js';

const port = await freePort();
const folder = mkdtempSync(join(tmpdir(), 'flick-bench-nginx-'));
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
writeFileSync(
  join(folder, 'nginx.conf'),
  `daemon off; master_process off; pid nginx.pid; error_log stderr crit;
   events { worker_connections 1024; }
   http {
     access_log off; keepalive_timeout 60s; keepalive_requests 1000000000; ${temporary.join(' ')}
     upstream api { server 127.0.0.1:${process.argv[2]}; keepalive 256; keepalive_requests 1000000000; }
     server {
       listen 127.0.0.1:${port};
       location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; }
     }
   }`,
);
const nginx = spawn('nginx', ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: 'inherit' });
process.on('exit', () => {
  nginx.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGTERM', () => process.exit());
nginx.on('error', () => process.exit(1));
nginx.on('exit', () => process.exit(1));
await untilListening(port);
serveParent({ port }, usedMicroseconds);

/** CPU time of nginx, from ticks of a hundredth of a second. */
function usedMicroseconds() {
  // After the name, in brackets, which may hold blanks: fields 3 and on; user and system time are 14 and 15.
  const fields = readFileSync(`/proc/${nginx.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
