import {
  type Contract,
  createTable,
  type Operation,
  type Parameter,
  type SecurityNeed,
  type SecurityScheme,
  type Shape,
  type Switches,
} from '@flick/contract';
import {
  type Balance,
  type Charge,
  createDecider,
  type Decider,
  type DeciderOptions,
  factsFromBytes,
  type Passage,
  type Refusal,
  type RequestFacts,
  type Verification,
} from '@flick/decide';

/** Contracts by hand, so that a rung's test shows all that the rung sees. */

export const switches: Switches = {
  mode: 'enforce',
  unknownQuery: 'refuse',
  unknownMembers: 'as_schema',
  hideMethods: false,
  fold: true,
  shed: 'may',
  responses: 'off',
  responsesSample: 1,
};

const text: Shape = { types: new Set(['string']), open: true, binary: false };

/** An operation of `GET /path`, with whatever a test gives it besides. */
export function operation(title: string, rest: Partial<Operation> = {}): Operation {
  const [method = '', path = ''] = title.split(' ');
  const names = [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
  return {
    id: title,
    method,
    path,
    templates: [path],
    pointer: '',
    parameters: names.map((name) => parameter(name, 'path')),
    body: undefined,
    security: [],
    responses: new Map(),
    ownCodes: new Set(),
    switches,
    broken: undefined,
    compile: () => undefined,
    ...rest,
  };
}

export function parameter(name: string, place: Parameter['in']): Parameter {
  return {
    name,
    in: place,
    required: place === 'path',
    style: place === 'query' || place === 'cookie' ? 'form' : 'simple',
    explode: false,
    allowReserved: false,
    allowEmptyValue: false,
    shape: text,
    check: Object.assign(() => undefined, { prepare: () => undefined, compile: () => true }),
    pointer: '',
  };
}

export function contract(operations: readonly Operation[], rest: Partial<Contract> = {}): Contract {
  const schemes = operations.flatMap(({ security }) => security.flat().map(({ scheme }) => scheme));
  return {
    api: { title: 'Library', version: '1', openapi: '3.1.0' },
    table: createTable('default'),
    operations,
    schemes: new Map(schemes.map((scheme) => [scheme.name, scheme])),
    switches,
    faults: [],
    files: [],
    missing: [],
    headerNames: new Set(
      operations.flatMap(({ parameters }) =>
        parameters.filter((each) => each.in === 'header').map(({ name }) => name.toLowerCase()),
      ),
    ),
    warm: () => undefined,
    warmFor: () => true,
    ...rest,
  };
}

export const bearer: SecurityScheme = { name: 'bearer', type: 'http', scheme: 'bearer' };
export const basic: SecurityScheme = { name: 'basic', type: 'http', scheme: 'basic' };
export const headerKey: SecurityScheme = { name: 'headerKey', type: 'apiKey', in: 'header', parameter: 'X-Key' };
export const queryKey: SecurityScheme = { name: 'queryKey', type: 'apiKey', in: 'query', parameter: 'key' };
export const session: SecurityScheme = { name: 'session', type: 'apiKey', in: 'cookie', parameter: 'sid' };

export function need(scheme: SecurityScheme, ...scopes: string[]): SecurityNeed {
  return { scheme, scopes };
}

/** A verifier whose tokens say what they are: `good-ann-read`, `expired`, `unknown`; anything else is invalid. */
export function verify(credential: string, scheme: SecurityScheme): Verification {
  const [kind, subject = 'someone', ...scopes] = credential.split('-');
  if (kind === 'good') return { kind: 'good', consumer: { subject, scopes, scheme: scheme.name } };
  if (kind === 'unknown') return { kind: 'unknown', description: 'The key set is out of reach.' };
  if (kind === 'expired') return { kind: 'bad', reason: 'expired-credentials', description: 'The token has expired.' };
  return { kind: 'bad', reason: 'invalid-credentials', description: 'The token is not known.' };
}

/** A store that counts without windows. */
export function countingStore(): DeciderOptions['limitStore'] & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    charge(charges: readonly Charge[]): readonly Balance[] {
      const fits = charges.map(({ key, requests }) => (counts.get(key) ?? 0) < requests);
      const all = fits.every(Boolean);
      return charges.map(({ key, requests, windowMs }, index) => {
        if (all) counts.set(key, (counts.get(key) ?? 0) + 1);
        return {
          remaining: Math.max(0, requests - (counts.get(key) ?? 0)),
          resetMs: windowMs / 2,
          allowed: fits[index] ?? false,
        };
      });
    },
    refund({ key }) {
      counts.set(key, (counts.get(key) ?? 0) - 1);
    },
  };
}

export function decider(made: Contract, options: Partial<DeciderOptions> = {}): Decider {
  return createDecider(made, {
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    limits: [],
    limitStore: countingStore(),
    limitStoreDown: 'pass',
    limitHeaders: 'draft',
    verifiers: new Map(),
    realm: 'library',
    trustedProxies: [],
    sizes: { targetBytes: 200, headerCount: 20, jsonDepth: 16, bodyBytes: 100 },
    ...options,
  });
}

/** The facts of a request written in parts, with a Host unless it names its own. */
export function facts(line: string, fields: Readonly<Record<string, string>> = {}): RequestFacts {
  const [method = '', target = ''] = line.split(/ (.*)/s);
  const host = 'Host' in fields ? [] : ['Host', 'api.test'];
  return {
    method,
    target,
    version: '1.1',
    headers: [...host, ...Object.entries(fields).flat()],
    address: '192.0.2.1',
    secure: false,
  };
}

/** The facts of a request written as its lines, without the empty ones at its end. */
export function raw(...lines: readonly string[]): RequestFacts {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return factsFromBytes(bytes, { address: '192.0.2.1', secure: false }).facts;
}

/** Judges a head whose verdict comes without a promise. */
export function judge(ladder: Decider, request: RequestFacts): Passage {
  const passage = ladder.judgeHead(request);
  if (passage instanceof Promise) throw new Error('The verdict came as a promise.');
  return passage;
}

export function refusalOf(passage: Passage): Refusal {
  if (passage.verdict.kind !== 'refuse') throw new Error(`The verdict is ${passage.verdict.kind}.`);
  return passage.verdict.refusal;
}

/** Why a request was refused; `pass` or `answer` where it was not. */
export function outcome(ladder: Decider, request: RequestFacts): string {
  const { verdict } = judge(ladder, request);
  return verdict.kind === 'refuse' ? verdict.refusal.reason : verdict.kind;
}

export function field(refusal: Pick<Refusal, 'fields'>, name: string): string | undefined {
  return refusal.fields.find(([known]) => known === name)?.[1];
}
