import { fileURLToPath } from 'node:url';
import { readContract } from '@flick/contract';
import { createDecider } from '@flick/decide';
import {
  createGate,
  createSessions,
  type Exchange,
  type Outcome,
  type Sessions,
  type SessionSettings,
  SessionsFault,
} from '@flick/gate';
import { createMemoryLimits } from '@flick/stores';
import { onTestFinished } from 'vitest';
import { ask, type WireAnswer } from '../packages/gate/test/wire-client.ts';
import { defaultSizes } from './setting.ts';

/** A service in one process that people log in to, behind the real gate and ladder. Ends with its test. */
export interface LoginService {
  readonly port: number;
  readonly sessions: Sessions;
  /** Ids of the operations that were reached, in order. */
  readonly reached: readonly string[];
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly string[];
  /** Asks on a connection of its own. */
  readonly send: (line: string, fields?: Readonly<Record<string, string>>, body?: string) => Promise<WireAnswer>;
  /** Logs in, and returns the token that the cookie hands over. */
  readonly logIn: (name: string, scopes?: readonly string[]) => Promise<string>;
}

const timeouts = {
  headersMs: 10_000,
  requestMs: 10_000,
  upstreamMs: 10_000,
  idleMs: 10_000,
  unreadMs: 10_000,
  drainMs: 10_000,
};

/** Opens the service over a store. */
export async function openLoginService(settings: SessionSettings): Promise<LoginService> {
  const warnings: string[] = [];
  const sessions = createSessions({
    warn: (message) => {
      warnings.push(message);
    },
    ...settings,
  });
  const contract = readContract(fileURLToPath(new URL('contracts/sessions.yaml', import.meta.url)), {
    codes: 'standard',
  });
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  const decider = createDecider(contract, {
    clock,
    limits: [],
    limitStore: createMemoryLimits(),
    limitStoreDown: 'pass',
    limitHeaders: 'off',
    verifiers: new Map([
      ['session', sessions.verifier],
      ['token', sessions.verifier],
    ]),
    realm: 'diary',
    trustedProxies: [],
    sizes: defaultSizes,
  });
  const reached: string[] = [];
  const outcomes: Outcome[] = [];

  /** What operations do, by their ids; each returns the cookie to set, if any. */
  const acts: Readonly<Record<string, (exchange: Exchange, token: string) => Promise<string | undefined>>> = {
    async logIn({ body }) {
      const text = Buffer.from(body ?? []).toString();
      const { name, scopes }: { readonly name: string; readonly scopes?: readonly string[] } = JSON.parse(text);
      return sessions.setCookie(await sessions.start(name, scopes));
    },
    async rotate(_, token) {
      const session = await sessions.rotate(token);
      return session && sessions.setCookie(session);
    },
    async logOut(_, token) {
      await sessions.revoke(token);
      return sessions.clearCookie();
    },
    async logOutEverywhere({ passage }) {
      await sessions.revokeAll(passage.consumer?.subject ?? '');
      return sessions.clearCookie();
    },
  };

  const answer = async (exchange: Exchange): Promise<void> => {
    const { passage, response } = exchange;
    const operation = passage.operation?.id ?? '';
    reached.push(operation);
    let cookie: string | undefined;
    try {
      cookie = await acts[operation]?.(exchange, sessions.tokenOf(exchange.request.headers) ?? '');
    } catch (error) {
      const reason = error instanceof SessionsFault ? 'unverifiable-credentials' : 'unhandled-error';
      exchange.refuse(decider.refuse(passage, reason, 'The service cannot do it now.', { cause: error }));
      return;
    }
    if (cookie !== undefined) response.setHeader('Set-Cookie', cookie);
    response.end(passage.consumer?.subject ?? '');
  };

  const gate = createGate({
    decider,
    handler: {
      handle: (exchange) => void answer(exchange),
      close: () => Promise.resolve(),
      destroy: () => Promise.resolve(),
    },
    timeouts,
    sizes: { bodyBytes: defaultSizes.bodyBytes, headerBytes: 16_384 },
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  onTestFinished(() => gate.destroy());
  const { port } = await gate.listen(0, '127.0.0.1');

  const send: LoginService['send'] = async (line, fields = {}, body) => {
    const lines = [`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close'];
    for (const [name, value] of Object.entries(fields)) lines.push(`${name}: ${value}`);
    if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
    const { answers } = await ask(port, `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
    const [only] = answers;
    if (only === undefined || answers.length > 1) throw new Error(`${line}: ${answers.length} answers`);
    return only;
  };
  const logIn: LoginService['logIn'] = async (name, scopes = []) => {
    const { fields } = await send('POST /login', {}, JSON.stringify({ name, scopes }));
    return tokenOf(fields['set-cookie'] ?? '');
  };
  return { port, sessions, reached, outcomes, warnings, send, logIn };
}

/** The token that a `Set-Cookie` hands over. */
export function tokenOf(setCookie: string): string {
  const token = /^__Host-session=([\w-]{43});/.exec(setCookie)?.[1];
  if (token === undefined) throw new Error(`no session is set: ${setCookie}`);
  return token;
}
