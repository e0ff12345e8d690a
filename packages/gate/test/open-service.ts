import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Verifier } from '@flick/decide';
import { type ErrorPlace, type Handlers, type Outcome, serve, type ServeOptions, type Service } from '../src/index.ts';
import { teas } from './teas.ts';

/** A service on a free port that ends with its test, and what it told. */
export interface OpenService extends Service {
  readonly port: number;
  readonly outcomes: readonly Outcome[];
  readonly errors: readonly (ErrorPlace & { readonly error: unknown })[];
  readonly warnings: readonly string[];
  /** Waits for so many outcomes. */
  readonly settled: (count: number) => Promise<readonly Outcome[]>;
}

/** Takes `good-NAME` for a token of that subject. */
export const verifier: Verifier = {
  verify: (credential, { name }) =>
    credential.startsWith('good-')
      ? { kind: 'good', consumer: { subject: credential.slice(5), scopes: ['read'], scheme: name } }
      : { kind: 'bad', reason: 'invalid-credentials', description: 'The token is not known.' },
};

const unused = (): never => {
  throw new Error('not asked in this test');
};
const others: Handlers = Object.fromEntries(
  Object.values(teas.paths)
    .flatMap((path) => Object.values(path))
    .flatMap((operation) => ('operationId' in operation ? [[operation.operationId, unused]] : [])),
);

/** Serves the teas with these handlers, all others unused. */
export async function openService(
  handlers: Handlers,
  options: Partial<Omit<ServeOptions, 'handlers'>> = {},
): Promise<OpenService> {
  const outcomes: Outcome[] = [];
  const errors: (ErrorPlace & { readonly error: unknown })[] = [];
  const warnings: string[] = [];
  const told = new EventEmitter();
  const service = await serve({
    contract: teas,
    listen: 0,
    credentials: { bearer: verifier },
    records: 'off',
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      told.emit('outcome');
    },
    onError: (error, place) => errors.push({ error, ...place }),
    onWarning: (line) => warnings.push(line),
    ...options,
    handlers: { ...others, ...handlers },
  });
  onTestFinished(() => service.stop());
  const settled = async (count: number): Promise<readonly Outcome[]> => {
    if (outcomes.length < count) {
      await once(told, 'outcome');
      return settled(count);
    }
    return outcomes;
  };
  return { ...service, port: service.address.port, outcomes, errors, warnings, settled };
}
