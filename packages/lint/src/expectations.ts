import { type Operation, type Reason, reasons } from '@flick/contract';
import { published } from '@flick/decide';
import type { Context } from './rule.ts';

/**
 * What a reason means to one operation.
 *
 * - `due`: requests are refused for it because of what the operation declares; its code belongs into the contract.
 * - `possible`: any request can meet it; whether its code is listed is a matter of taste.
 * - `api`: Flick never refuses for it here; the API behind may, as a login does that answers 401.
 * - `path`: of requests to the path with another method; this operation never sees it.
 * - `never`: nobody can.
 */
export type Expectation = 'due' | 'possible' | 'api' | 'path' | 'never';

type Expect = (operation: Operation, context: Context) => Expectation;

const possible: Expect = () => 'possible';
const ofThePath: Expect = () => 'path';

const ifProtected: Expect = ({ security }) => (security.flat().length > 0 ? 'due' : 'api');
const ifBody: Expect = ({ body }) => (body === undefined ? 'never' : 'due');

function ifLimited(reason: Reason): Expect {
  return (operation, context) => {
    const known = context.limitReasons(operation);
    if (known?.includes(reason) === true || tellsOfLimits(operation)) return 'due';
    return known === undefined ? 'possible' : 'api';
  };
}

/** Which reasons a request to an operation can meet. That each reason has its line here, the compiler proves. */
const expectations: Readonly<Record<Reason, Expect>> = {
  'malformed-request': possible,
  'headers-too-large': possible,
  'headers-too-slow': possible,
  'unknown-expectation': possible,
  'malformed-target': possible,
  'target-too-long': possible,
  'unknown-path': ofThePath,
  'method-not-allowed': ofThePath,
  'unknown-method': ofThePath,
  'address-limit': ifLimited('address-limit'),
  'shared-limit': ifLimited('shared-limit'),
  'consumer-limit': ifLimited('consumer-limit'),
  'missing-credentials': (operation, context) =>
    operation.security.some((needs) => needs.length === 0) ? 'api' : ifProtected(operation, context),
  'invalid-credentials': ifProtected,
  'expired-credentials': ifProtected,
  'insufficient-credentials': ({ security }) => {
    const needs = security.flat();
    if (needs.length === 0) return 'api';
    // An empty alternative lets credentials through that are good but not enough.
    const open = security.some((alternative) => alternative.length === 0);
    // An API refuses by more than scopes: by roles, or by whose the thing is.
    return !open && needs.some(({ scopes }) => scopes.length > 0) ? 'due' : 'possible';
  },
  // Only of credentials in a cookie, and only where their verifier asks whence requests come.
  'cross-site-request': ({ method, security }) => {
    const inCookie = security.flat().some(({ scheme }) => scheme.type === 'apiKey' && scheme.in === 'cookie');
    return inCookie && method !== 'GET' && method !== 'HEAD' ? 'possible' : 'api';
  },
  'unverifiable-credentials': possible,
  'missing-parameter': ({ parameters }) =>
    parameters.some(({ required, in: place }) => required && place !== 'path') ? 'due' : 'never',
  'wrong-value': ({ parameters, body }) => (parameters.length > 0 || body !== undefined ? 'due' : 'never'),
  'unknown-parameter': ({ parameters, switches }) => {
    if (switches.unknownQuery === 'pass' && switches.unknownMembers !== 'refuse') return 'api';
    return parameters.length > 0 ? 'due' : 'possible';
  },
  'unsupported-media-type': ({ body }) => (body === undefined ? 'never' : body.content.length > 0 ? 'due' : 'possible'),
  // A matter of the Accept field, which the API negotiates.
  'not-acceptable': possible,
  'missing-body': ({ body }) => (body === undefined ? 'never' : body.required ? 'due' : 'possible'),
  'unexpected-body': ({ body }) => (body === undefined ? 'possible' : 'never'),
  'body-too-large': ifBody,
  'body-too-slow': ifBody,
  'malformed-body': ifBody,
  'unknown-resource': ({ path }) => (path.includes('{') ? 'due' : 'possible'),
  'unhandled-error': () => 'due',
  misconfiguration: possible,
  'upstream-unreachable': possible,
  'upstream-malformed': possible,
  overloaded: possible,
  draining: possible,
  'upstream-too-slow': possible,
  'response-breach': possible,
};

/** What a reason means to an operation. */
export function expectationOf(reason: Reason, operation: Operation, context: Context): Expectation {
  return expectations[reason](operation, context);
}

/** Rungs that refuse before the operation is known: the codes that it publishes for itself do not count there. */
const beforeTheOperation: ReadonlySet<string> = new Set(['message', 'target', 'path', 'method']);

/** The code that is sent where a request to the operation is refused for a reason. */
export function sentCode(reason: Reason, operation: Operation, { contract }: Context): number {
  const { stage, code } = reasons[reason];
  return published(contract, beforeTheOperation.has(stage) ? undefined : operation, code);
}

/** Every reason of the catalogue. */
export const allReasons: readonly Reason[] = Object.keys(reasons).filter(isReason);

function isReason(slug: string): slug is Reason {
  return Object.hasOwn(reasons, slug);
}

/** Whether answers of the operation bring fields that tell the state of a limit. */
function tellsOfLimits({ responses }: Operation): boolean {
  return [...responses.values()].some(({ headers }) => headers.some(({ name }) => /^(?:x-)?rate-?limit/i.test(name)));
}
