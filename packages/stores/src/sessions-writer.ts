/** The thread that writes sessions to SQLite. It alone waits for locks and disks. */

import { parentPort } from 'node:worker_threads';
import { SessionsFault } from './sessions.ts';
import { SessionsFile } from './sessions-file.ts';
import type { FromSessionsWriter, ToSessionsWriter } from './sessions-messages.ts';
import { whyOf } from './sqlite-file.ts';

type Write = Extract<ToSessionsWriter, { kind: 'write' }>;

const port = parentPort;
let file: SessionsFile | undefined;
/** What came while the disk was busy: it is written together, since a disk takes as long for many as for one. */
let waiting: Write[] = [];

function say(message: FromSessionsWriter): void {
  port?.postMessage(message, []);
}

function messageOf(error: unknown, path: string): string {
  return error instanceof SessionsFault ? error.message : whyOf(error, path);
}

function write(writes: readonly Write[]): void {
  if (file === undefined || writes.length === 0) return;
  try {
    const whats = writes.map(({ what }) => what);
    const changed = file.write(whats, Math.min(...writes.map(({ untilMs }) => untilMs)));
    for (const [at, { number }] of writes.entries()) say({ kind: 'done', number, changed: changed[at] ?? 0 });
  } catch (error) {
    const [first, ...others] = writes;
    if (others.length > 0) {
      // One of them may be at fault: each for itself.
      for (const each of writes) write([each]);
    } else if (first !== undefined) {
      say({ kind: 'failed', number: first.number, message: messageOf(error, 'the file of sessions') });
    }
  }
}

function writeWaiting(): void {
  const writes = waiting;
  waiting = [];
  write(writes);
}

port?.on('message', (message: ToSessionsWriter) => {
  if (message.kind === 'open') {
    file = new SessionsFile(message.path, message.bounds);
    try {
      file.make();
      say({ kind: 'ready' });
    } catch (error) {
      say({ kind: 'fault', message: messageOf(error, message.path) });
      port.close();
    }
  } else if (message.kind === 'write') {
    if (waiting.length === 0) setImmediate(writeWaiting);
    waiting.push(message);
  } else {
    writeWaiting();
    file?.close();
    port.close();
  }
});
