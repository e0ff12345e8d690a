import { EventEmitter } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Exchange, Handler, Outcome, Timeouts } from '../src/exchange.ts';
import { createGate, type Gate, type GateOptions } from '../src/gate.ts';
import { pause } from './wire-client.ts';
import { plainDecider } from './plain-decider.ts';

/** A gate on a free port of 127.0.0.1 that ends with its test. */
interface OpenGate {
  readonly gate: Gate;
  readonly port: number;
  /** In the order in which requests came to their end. */
  readonly outcomes: readonly Outcome[];
  /** Waits until as many requests have an outcome, and a little longer, so that one too many would show. */
  readonly settled: (count: number) => Promise<readonly Outcome[]>;
}

/** Deadlines that no test waits for, unless it sets them. */
const timeouts: Timeouts = {
  headersMs: 10_000,
  requestMs: 10_000,
  upstreamMs: 10_000,
  idleMs: 10_000,
  unreadMs: 10_000,
  drainMs: 10_000,
};

/** A handler of one function. */
export function handlerOf(handle: (exchange: Exchange) => void): Handler {
  return { handle, close: () => Promise.resolve(), destroy: () => Promise.resolve() };
}

/** Answers 200 with the method, the target and the checked body. */
export function echo({ response, passage, body }: Exchange): void {
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.end(`${passage.facts.method} ${passage.target} ${body === undefined ? '-' : Buffer.from(body).toString()}`);
}

/** Opens a gate with a plain decider and a handler; {@link echo} where none is given. */
export async function openGate(
  handle: (exchange: Exchange) => void = echo,
  options: Partial<Omit<GateOptions, 'timeouts'>> & { timeouts?: Partial<Timeouts> } = {},
): Promise<OpenGate> {
  const outcomes: Outcome[] = [];
  const told = new EventEmitter();
  const arrival = (count: number): Promise<void> =>
    new Promise((resolve) => {
      told.on('outcome', () => {
        if (outcomes.length >= count) resolve();
      });
    });
  const gate = createGate({
    decider: plainDecider,
    handler: handlerOf(handle),
    sizes: { bodyBytes: 1024, headerBytes: 16 * 1024 },
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      told.emit('outcome');
    },
    ...options,
    timeouts: { ...timeouts, ...options.timeouts },
  });
  onTestFinished(() => gate.destroy());
  const { port } = await gate.listen(0, '127.0.0.1');
  const settled = async (count: number): Promise<readonly Outcome[]> => {
    if (outcomes.length < count) await Promise.race([pause(10_000), arrival(count)]);
    await pause(50);
    return outcomes;
  };
  return { gate, port, outcomes, settled };
}
