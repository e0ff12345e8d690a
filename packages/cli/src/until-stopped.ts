import { constants } from 'node:os';

/** What is to be stopped, gently. */
export interface Stoppable {
  /** Takes nothing new, lets what is in flight finish until its drain deadline, cuts the rest. */
  readonly stop: () => Promise<void>;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** EX_SOFTWARE of sysexits: a fault within. */
const exitFailedWithin = 70;

/**
 * Waits for the first SIGINT or SIGTERM, then stops. A second signal ends the process at once, with 128 and the
 * signal's number, as shells count it.
 *
 * An exception that nobody caught leaves the process in a state that nobody knows: it is said, what is in flight may
 * still finish, and the process ends for its supervisor to start anew.
 *
 * @param say - takes one line
 * @returns the exit code
 */
export function untilStopped(gate: Stoppable, say: (line: string) => void): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (code: number): void => {
      stopping = true;
      gate.stop().then(
        () => resolve(code),
        (error: unknown) => {
          say(`failed to stop: ${nameOf(error)}`);
          resolve(exitFailedWithin);
        },
      );
    };
    for (const signal of signals) {
      process.on(signal, () => {
        if (stopping) process.exit(128 + constants.signals[signal]);
        say(`${signal}: draining; a second signal ends at once`);
        stop(0);
      });
    }
    const failed = (error: unknown): void => {
      say(`failed within: ${nameOf(error)}`);
      if (stopping) process.exit(exitFailedWithin);
      stop(exitFailedWithin);
    };
    process.on('uncaughtException', failed);
    process.on('unhandledRejection', failed);
  });
}

/** The error's kind and where it was thrown, without its message: that may quote what a caller sent. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const lines = (error.stack ?? '').split('\n').map((line) => line.trim());
  const frames = lines.filter((line) => line.startsWith('at ')).slice(0, 3);
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return `${error.name}${code} ${frames.join(', ')}`;
}
