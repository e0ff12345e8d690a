/** The thread that writes sessions to SQLite. It alone waits for locks and disks. */

import { parentPort } from 'node:worker_threads';
import { SessionsFault } from './sessions.ts';
import { SessionsFile } from './sessions-file.ts';
import type { FromSessionsWriter, ToSessionsWriter } from './sessions-messages.ts';
import { whyOf } from './sqlite-file.ts';

const port = parentPort;
let file: SessionsFile | undefined;

function say(message: FromSessionsWriter): void {
  port?.postMessage(message, []);
}

function messageOf(error: unknown, path: string): string {
  return error instanceof SessionsFault ? error.message : whyOf(error, path);
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
    try {
      say({ kind: 'done', number: message.number, changed: file?.write(message.what, message.untilMs) ?? 0 });
    } catch (error) {
      say({ kind: 'failed', number: message.number, message: messageOf(error, 'the file of sessions') });
    }
  } else {
    file?.close();
    port.close();
  }
});
