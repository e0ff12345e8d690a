import type { Operation } from '@flick/contract';
import { compileOrigins, originOf } from './cors-origins.ts';
import { isToken } from './field-text.ts';
import type { CorsPolicy, DeciderOptions } from './ports.ts';
import type { Field, Passage, ResponseFacts, ResponsePlan } from './verdict.ts';
import type { RequestFacts } from './facts.ts';
import type { Walk } from './walk.ts';

/** CORS (Fetch standard, "HTTP CORS protocol"), as far as the ladder answers for it. */
export interface Cors {
  /** Whether the API answers preflights and gives leave. */
  readonly isOfTheApi: boolean;
  /** Fields due with what is answered in place of the API, so that the page that asked can read it. */
  readonly fields: (facts: RequestFacts) => readonly Field[];
  /**
   * Fields due with the answer to a preflight, beside those of `fields`; undefined where the API answers it, or the
   * origin has no leave.
   *
   * @param methods - that the path shows to have
   * @param operation - that the call which the preflight asks for would reach
   */
  readonly preflight: (
    walk: Walk,
    methods: readonly string[],
    operation: Operation | undefined,
  ) => readonly Field[] | undefined;
  /** Completes the plan for an answer of the API. */
  readonly complete: (plan: ResponsePlan, passage: Passage, response: ResponseFacts) => ResponsePlan;
}

const allowOrigin = 'Access-Control-Allow-Origin';
const allowCredentials = 'Access-Control-Allow-Credentials';
const exposeHeaders = 'Access-Control-Expose-Headers';
/** What only one may say: two values of these, and browsers believe neither. */
const leave: readonly string[] = [allowOrigin.toLowerCase(), allowCredentials.toLowerCase()];

const none: readonly Field[] = [];
const varyByOrigin: Field = ['Vary', 'Origin'];
/** Origins that are remembered at once. */
const rememberedOrigins = 1000;

/** What a page should see of an answer, whatever the API says: `WWW-Authenticate` and the like. */
function exposedOf(limitHeaders: DeciderOptions['limitHeaders']): readonly string[] {
  const limits = { draft: ['RateLimit', 'RateLimit-Policy'], off: [] };
  const legacy = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
  const shown = limitHeaders === 'legacy' ? legacy : limits[limitHeaders];
  return ['Allow', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id', ...shown];
}

/** Makes what the options ask for: a policy of the ladder's own, or the API's. */
export function compileCors({ cors, limitHeaders }: DeciderOptions): Cors {
  const exposed = exposedOf(limitHeaders);
  return cors === undefined ? ofTheApi(exposed.join(', ')) : ofTheLadder(cors, exposed);
}

/** The ladder gives leave; what the API says about it is not passed on. */
function ofTheLadder(policy: CorsPolicy, exposed: readonly string[]): Cors {
  const permits = compileOrigins(policy.origins);
  const anyOrigin = policy.origins.includes('*');
  const listed = [...exposed, ...policy.expose];
  const shown = listed.join(', ');
  const credentials: readonly Field[] = policy.credentials ? [[allowCredentials, 'true']] : none;
  const toAll: readonly Field[] = [[allowOrigin, '*']];
  const toOthers: readonly Field[] = policy.origins.length === 0 ? none : [varyByOrigin];

  const leaveFor = (facts: RequestFacts): readonly Field[] => {
    if (anyOrigin) return toAll;
    const origin = originOf(facts.headers);
    if (origin === undefined || !permits(origin)) return toOthers;
    return [[allowOrigin, origin], ...credentials, varyByOrigin];
  };
  const withShown = (fields: readonly Field[], names: string): readonly Field[] =>
    fields === none || fields === toOthers ? fields : [...fields, [exposeHeaders, names]];

  const shownOf = remembered((operation: Operation) => {
    const declared = [...operation.responses.values()].flatMap(({ headers }) => headers.map(({ name }) => name));
    return distinct([...listed, ...declared]).join(', ');
  });
  const headersOf = remembered(requestHeadersOf);
  const maxAge = String(Math.floor(policy.maxAgeMs / 1000));

  return {
    isOfTheApi: false,
    fields: (facts) => withShown(leaveFor(facts), shown),
    preflight: ({ fields }, methods, operation) => {
      const origin = fields.get('origin');
      const asked = fields.get('access-control-request-method') ?? '';
      if (origin === undefined || !(anyOrigin || permits(origin)) || !isToken(asked)) return undefined;
      const names = (fields.get('access-control-request-headers') ?? '').split(',').map((name) => name.trim());
      const headers = distinct([...(operation ? headersOf(operation) : []), ...names.filter(isToken)]);
      return [
        [
          'Access-Control-Allow-Methods',
          distinct([...methods, asked])
            .toSorted()
            .join(', '),
        ],
        ...(headers.length > 0 ? [['Access-Control-Allow-Headers', headers.join(', ')] as const] : []),
        ['Access-Control-Max-Age', maxAge],
        ['Vary', 'Access-Control-Request-Method, Access-Control-Request-Headers'],
      ];
    },
    complete: (plan, { facts, operation }, response) => {
      // A problem body in place of the API's gets its leave from whoever sends it.
      if (plan.refusal !== undefined) return { ...plan, withheld: leave };
      const names = operation === undefined ? shown : shownOf(operation);
      const varies = /(?:^|[,\s])(?:origin|\*)(?:$|[,\s])/i.test(response.get('vary') ?? '');
      const fields = withShown(leaveFor(facts), names).filter((field) => field !== varyByOrigin || !varies);
      return { ...plan, fields: [...plan.fields, ...fields], withheld: leave };
    },
  };
}

/**
 * The API gives leave, and answers preflights. What is answered in its place can be read by the origins to which it said
 * so last: nobody reads more than the API lets them.
 */
function ofTheApi(exposed: string): Cors {
  const given = new Map<string, readonly Field[]>();
  const fields = (facts: RequestFacts): readonly Field[] => {
    if (given.size === 0) return none;
    return given.get(originOf(facts.headers) ?? '') ?? none;
  };
  const learn = (origin: string, response: ResponseFacts): void => {
    const said = response.get(leave[0] ?? '');
    if (said === origin || said === '*') {
      const credentials: readonly Field[] =
        said === origin && response.get(leave[1] ?? '') === 'true' ? [[allowCredentials, 'true']] : none;
      if (!given.has(origin) && given.size >= rememberedOrigins) given.clear();
      given.set(origin, [[allowOrigin, said], ...credentials, [exposeHeaders, exposed], varyByOrigin]);
      // An API that fails may forget to say it.
    } else if (response.status < 400) given.delete(origin);
  };
  return {
    isOfTheApi: true,
    fields,
    preflight: () => undefined,
    complete: (plan, { facts }, response) => {
      const origin = originOf(facts.headers);
      if (origin === undefined) return plan;
      learn(origin, response);
      return plan.refusal === undefined || !given.has(origin) ? plan : { ...plan, withheld: leave };
    },
  };
}

/** The fields that a call of an operation may have set: its parameters, its credentials, its body's type. */
function requestHeadersOf({ parameters, security, body }: Operation): readonly string[] {
  const names = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  for (const { scheme } of security.flat()) {
    if (scheme.type !== 'apiKey' && scheme.type !== 'mutualTLS') names.push('Authorization');
    else if (scheme.in === 'header' && scheme.parameter !== undefined) names.push(scheme.parameter);
  }
  if (body !== undefined) names.push('Content-Type');
  return names;
}

/** Without names that differ in case alone from one before. */
function distinct(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => {
    const key = name.toLowerCase();
    return seen.has(key) ? false : seen.add(key);
  });
}

function remembered<T>(make: (operation: Operation) => T): (operation: Operation) => T {
  const known = new Map<Operation, T>();
  return (operation) => {
    let value = known.get(operation);
    if (value === undefined) {
      value = make(operation);
      known.set(operation, value);
    }
    return value;
  };
}
