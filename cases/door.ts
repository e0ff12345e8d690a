import { createGate, createUpstream, type Outcome } from '@flick/gate';
import { onTestFinished, vi } from 'vitest';
import {
  type EvilOptions,
  type EvilUpstream,
  type Script,
  startEvilUpstream,
} from '../packages/gate/test/evil-upstream.ts';
import type { RawRequest } from '../packages/gate/test/request-reader.ts';
import { createMemoryLimits } from '@flick/stores';
import { deciderOf, defaultSizes, type Setting } from './setting.ts';

/** The whole of Flick at one port, with the API behind it in the test's hands. Ends with its test. */
export interface Door {
  readonly port: number;
  readonly stop: () => Promise<void>;
  readonly api: EvilUpstream;
  /** In the order in which requests came to their end. */
  readonly outcomes: readonly Outcome[];
  /** Waits until every request has an outcome, and fails where there is one too many. */
  readonly recorded: (count: number) => Promise<readonly Outcome[]>;
}

const timeouts = {
  headersMs: 10_000,
  requestMs: 10_000,
  upstreamMs: 10_000,
  idleMs: 10_000,
  unreadMs: 10_000,
  drainMs: 10_000,
  tunnelMs: 10_000,
};

/** Particulars of a door; precise codes where the settings name no table. */
export interface DoorOptions {
  readonly contract?: string;
  readonly settings?: Setting['settings'];
  readonly timeouts?: Partial<typeof timeouts>;
  /** What the API does about a request; says back what it got where none is given. */
  readonly script?: Script;
  readonly evil?: EvilOptions;
  /** Of an API that the test runs itself, in place of the one that the script speaks for. */
  readonly origin?: string;
  /** Connections to the API at once, and those of WebSocket. */
  readonly maxInFlight?: number;
  readonly maxTunnels?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How many counters of limits are kept. */
  readonly maxLimitKeys?: number;
}

/** Opens the real gate with the real ladder, verifier and store before an API that does what the test says. */
export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  const { contract = 'library.yaml', settings = {}, script = sayBack, evil, maxInFlight, maxTunnels, tls } = options;
  const limitStore = createMemoryLimits(options.maxLimitKeys === undefined ? {} : { maxKeys: options.maxLimitKeys });
  const decider = deciderOf({ contract, settings: { codes: 'standard', ...settings } }, false, 'document', limitStore);
  const times = { ...timeouts, ...options.timeouts };
  const api = await startEvilUpstream(script, evil);
  const outcomes: Outcome[] = [];
  const gate = createGate({
    decider,
    handler: createUpstream({
      origin: options.origin ?? api.origin,
      decider,
      timeouts: times,
      ...(maxInFlight !== undefined && { maxInFlight }),
      ...(maxTunnels !== undefined && { maxTunnels }),
    }),
    timeouts: times,
    sizes: { bodyBytes: settings.bodyBytes ?? defaultSizes.bodyBytes, headerBytes: 16_384 },
    ...(tls && { tls }),
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  onTestFinished(async () => {
    await gate.destroy();
    await api.close();
  });
  const { port } = await gate.listen(0, '127.0.0.1');
  const recorded = async (count: number): Promise<readonly Outcome[]> => {
    await vi.waitFor(
      () => {
        if (outcomes.length !== count) throw new Error(`${outcomes.length} records of ${count} requests`);
      },
      { timeout: 10_000 },
    );
    return outcomes;
  };
  return { port, stop: () => gate.stop(), api, outcomes, recorded };
}

/** Answers 200 with what arrived, as JSON. */
export function sayBack({ method, target, headers, body }: RawRequest): ReturnType<Script> {
  const text = JSON.stringify({ method, target, headers, body: body.toString('latin1') });
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`;
  return [{ send: method === 'HEAD' ? head : head + text }];
}
