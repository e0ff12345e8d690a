import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemorySessions, createSessions, openSqliteSessions, serve, type ServeOptions } from '@flick/gate';
import { Book } from './book.ts';
import { createLedgerHandlers } from './handlers.ts';
import type { Operations } from './operations.ts';

/** Where the ledger listens and keeps its data, and who hears of it. */
export type LedgerOptions = Pick<ServeOptions, 'listen' | 'onOutcome' | 'onError' | 'onWarning'> & {
  /** A folder for its two files; undefined for none: all is gone when it stops. */
  readonly data?: string | undefined;
};

/** A ledger that listens. */
export interface Ledger {
  readonly title: string;
  readonly origin: string;
  readonly operations: number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the ledger: the whole ladder, and a function for each operation, in this process.
 *
 * @throws StartFault where it cannot listen; what else keeps it from starting as it comes
 */
export async function openLedger({ data, ...options }: LedgerOptions): Promise<Ledger> {
  const store =
    data === undefined ? createMemorySessions() : await openSqliteSessions({ path: join(data, 'sessions.db') });
  const book = new Book(data === undefined ? ':memory:' : join(data, 'ledger.db'));
  const close = async (): Promise<void> => {
    book.close();
    await store.close();
  };
  try {
    const sessions = createSessions({ store, ...(options.onWarning && { warn: options.onWarning }) });
    const service = await serve<Operations>({
      contract: fileURLToPath(new URL('../ledger.yaml', import.meta.url)),
      handlers: createLedgerHandlers(book, sessions),
      credentials: { cookie: sessions.verifier, token: sessions.verifier },
      limits: {
        accounts: { paths: ['/accounts'], requests: 20, window: '2s', by: 'consumer' },
        passwords: { operations: ['signUp', 'logIn'], requests: 20, window: '10s', by: 'address' },
      },
      timeouts: { headers: '2s', request: '3s', upstream: '5s', idle: '5s', drain: '10s' },
      sizes: { body: '64KiB', headers: '16KiB', target: '8KiB' },
      // A machine that runs much beside the ledger is no reason to turn people away.
      overload: { loopLag: '5s' },
      operations: { getHealth: { unknownQuery: 'pass', shed: 'never' } },
      ...options,
    });
    const { title, version } = service.contract.api;
    return {
      title: `${title} ${version}`,
      origin: service.origin,
      operations: service.contract.operations.length,
      stop: () => service.stop().finally(close),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
