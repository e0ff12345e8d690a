import type { Contract, Operation, Reason, SecurityScheme } from '@flick/contract';
import { type Challenge, type ChallengeError, kindOf, quoted } from './challenge.ts';
import { type Credential, isWellFormed, type Place, placeOf, readCredential, several } from './credential-text.ts';
import { crossSiteFault } from './cross-site.ts';
import { sentenceOf } from './fault-words.ts';
import type { Consumer, DeciderOptions, Verification, Verifier } from './ports.ts';
import { type Refuse, refused } from './refusal.ts';
import type { RefuseOptions, Verdict, Violation } from './verdict.ts';
import type { Judgement, Rung, Walk } from './walk.ts';

/** A scheme that an operation names, ready to be read and verified. */
interface SchemePlan {
  readonly scheme: SecurityScheme;
  readonly place: Place;
  /** Into the operation's places: schemes of one place share one credential. */
  readonly placeIndex: number;
  readonly verifier: Verifier | undefined;
}

interface NeedPlan {
  /** Into the operation's schemes. */
  readonly index: number;
  readonly scopes: readonly string[];
}

interface Alternative {
  readonly needs: readonly NeedPlan[];
  /** The places of its needs. */
  readonly places: readonly number[];
}

interface Plan {
  readonly operation: Operation;
  readonly schemes: readonly SchemePlan[];
  /** Those that need something. */
  readonly alternatives: readonly Alternative[];
  /** One alternative is empty: a request without credentials passes. */
  readonly open: boolean;
}

/** Credentials that are there and of good form, of a scheme that somebody else verifies. */
const unverified = { kind: 'unverified' } as const;

/** A cookie that a page of another origin had sent: whose it is was not asked. */
interface CrossSite {
  readonly kind: 'cross-site';
  readonly fault: Violation;
}

/** What is known of a scheme's credential; undefined where the request has none. */
type Standing = Verification | typeof unverified | CrossSite | undefined;

/** How an alternative failed; the later in this list, the more is known of it. */
const failures = ['missing', 'invalid', 'expired', 'cross-site', 'insufficient', 'unknown'] as const;
type Failure = (typeof failures)[number];

interface Failed {
  readonly failure: Failure;
  readonly need: NeedPlan;
}

const reasonOf: Readonly<Record<Failure, Reason>> = {
  missing: 'missing-credentials',
  invalid: 'invalid-credentials',
  expired: 'expired-credentials',
  'cross-site': 'cross-site-request',
  insufficient: 'insufficient-credentials',
  unknown: 'unverifiable-credentials',
};

/**
 * Rung 7: do the credentials meet any alternative of the operation's `security`, each of them whole?
 *
 * - The reason is that of the alternative that came furthest: a scheme that was not tried never speaks for one that was.
 * - Where an alternative might hold if only its verifier knew, the answer is 503, since 401 is for what is known.
 * - Credentials that no one alternative takes together are ambiguous: 400 (RFC 6750, section 3.1, `invalid_request`).
 *   One that the operation declares as a parameter, too, comes with every request and makes none ambiguous.
 * - With an empty alternative a request without credentials passes, and so does one whose credentials are good but not
 *   enough; bad ones are refused all the same, for who sends a credential means it.
 * - A cookie whose verifier asks whence requests come does not speak for one that a page of another origin had sent. That
 *   is 403, since no other credentials would mend it, and its verifier is not asked.
 * - A scheme without a verifier is checked for presence and form. A client certificate is never present in a request:
 *   a scheme of type mutualTLS does not hold.
 */
export function compileCredentialsRung(
  contract: Contract,
  { verifiers }: DeciderOptions,
  challenge: Challenge,
  refuse: Refuse,
): Rung {
  /** By an operation's place; undefined where it is open to all. */
  const plans = contract.operations.map((operation) =>
    operation.security.length > 0 ? planOf(operation, verifiers) : undefined,
  );

  const refusal = (
    walk: Walk,
    reason: Reason,
    detail: string,
    error?: ChallengeError,
    more?: RefuseOptions,
  ): Verdict => {
    const fields = [['WWW-Authenticate', challenge(walk.operation, error)]] as const;
    return refused(refuse(walk.operation, reason, detail, more === undefined ? { fields } : { ...more, fields }));
  };

  const conclude = (walk: Walk, plan: Plan, standings: readonly Standing[]): Verdict | undefined => {
    let worst: Failed | undefined;
    for (const { needs } of plan.alternatives) {
      const failed = failureOf(needs, standings);
      if (failed === undefined) {
        walk.consumer = consumerOf(needs, standings);
        return undefined;
      }
      if (worst === undefined || failures.indexOf(failed.failure) > failures.indexOf(worst.failure)) worst = failed;
    }
    if (worst === undefined) return undefined;
    const { failure, need } = worst;
    if (plan.open && (failure === 'missing' || failure === 'insufficient')) {
      walk.consumer = consumerOf([need], standings);
      return undefined;
    }
    const standing = standings[need.index];
    const reason = reasonOf[failure];
    if (failure === 'unknown') {
      const detail = 'The credentials cannot be verified at the moment; they may well be good.';
      return refused(refuse(walk.operation, reason, detail, { fields: [['Retry-After', '1']] }));
    }
    const scheme = plan.schemes[need.index]?.scheme;
    if (failure === 'missing') {
      return refusal(walk, reason, 'The operation requires credentials of a scheme that WWW-Authenticate names.');
    }
    if (failure === 'insufficient') {
      const scopes = need.scopes.join(' ');
      const detail = `The credentials lack a scope that is due: ${scopes}.`;
      return refusal(walk, reason, detail, errorOf(scheme, reason, 'insufficient_scope', `scope=${quoted(scopes)}`));
    }
    if (standing?.kind === 'cross-site') {
      const detail = `A page of another origin may not have the cookie sent. ${sentenceOf(standing.fault)}`;
      const error = errorOf(scheme, reason, 'invalid_request', `error_description=${quoted(detail)}`);
      return refusal(walk, reason, detail, error, { violations: [standing.fault] });
    }
    const description = standing?.kind === 'bad' ? standing.description : 'The credentials are malformed.';
    const text = `error_description=${quoted(description)}`;
    return refusal(walk, reason, description, errorOf(scheme, reason, 'invalid_token', text));
  };

  return (walk): Judgement => {
    const plan = plans[walk.place];
    if (plan === undefined) return undefined;
    const { schemes, alternatives } = plan;
    const [sole] = schemes;
    if (sole !== undefined && schemes.length === 1) {
      // The way of nearly all operations: no two credentials can be in each other's way.
      const credential = readCredential(walk, sole.scheme, sole.place);
      if (credential === undefined && plan.open) return undefined;
      if (credential !== several) {
        const standing = verify(walk, sole, credential);
        if (isKnown(standing)) return conclude(walk, plan, [standing]);
        return standing.then((known) => conclude(walk, plan, [known]));
      }
    }
    const credentials = schemes.map(({ scheme, place }) => readCredential(walk, scheme, place));
    const present = schemes.filter((_, index) => credentials[index] !== undefined);
    if (present.length === 0 && plan.open) return undefined;
    const chosen = present.filter(({ scheme }) => !isDeclared(plan.operation, scheme));
    const taken =
      chosen.length === 0 ||
      alternatives.some(({ places }) => chosen.every(({ placeIndex }) => places.includes(placeIndex)));
    if (!taken || credentials.includes(several)) {
      const text = 'error="invalid_request", error_description="Send one credential, in one place"';
      const detail = 'The request has credentials in more than one place, and no one alternative takes them together.';
      return refusal(walk, 'invalid-credentials', detail, { kind: 'bearer', text }, { precise: 400 });
    }
    const standings = schemes.map((schemePlan, index) => verify(walk, schemePlan, credentials[index]));
    if (standings.every(isKnown)) return conclude(walk, plan, standings);
    return Promise.all(standings.map(async (standing) => standing)).then((known) => conclude(walk, plan, known));
  };
}

function isKnown(standing: Standing | Promise<Standing>): standing is Standing {
  return !(standing instanceof Promise);
}

function planOf(operation: Operation, verifiers: ReadonlyMap<string, Verifier>): Plan {
  const schemes: SchemePlan[] = [];
  const places: string[] = [];
  const alternatives: Alternative[] = [];
  for (const needs of operation.security) {
    if (needs.length === 0) continue;
    const needPlans = needs.map(({ scheme, scopes }): NeedPlan => {
      let index = schemes.findIndex(({ scheme: known }) => known.name === scheme.name);
      if (index < 0) {
        const place = placeOf(scheme);
        const key = `${place.kind} ${place.name}`;
        if (!places.includes(key)) places.push(key);
        index = schemes.length;
        const placeIndex = places.indexOf(key);
        schemes.push({ scheme, place, placeIndex, verifier: verifiers.get(scheme.name) });
      }
      return { index, scopes };
    });
    alternatives.push({ needs: needPlans, places: needPlans.map(({ index }) => schemes[index]?.placeIndex ?? -1) });
  }
  return { operation, schemes, alternatives, open: operation.security.some((needs) => needs.length === 0) };
}

/** Whether an API key is a parameter of the operation besides. */
function isDeclared({ parameters }: Operation, { in: place, parameter = '' }: SecurityScheme): boolean {
  const name = place === 'header' ? parameter.toLowerCase() : parameter;
  return parameters.some(
    (declared) => declared.in === place && (place === 'header' ? declared.name.toLowerCase() : declared.name) === name,
  );
}

function verify(
  walk: Walk,
  { scheme, place, verifier }: SchemePlan,
  credential: Credential,
): Standing | Promise<Standing> {
  if (credential === undefined || credential === several) return undefined;
  if (verifier?.crossSite !== undefined && place.kind === 'cookie') {
    const fault = crossSiteFault(walk, verifier.crossSite);
    if (fault !== undefined) return { kind: 'cross-site', fault };
  }
  if (!isWellFormed(credential, scheme)) {
    return { kind: 'bad', reason: 'invalid-credentials', description: 'The credentials are malformed.' };
  }
  if (verifier === undefined) return unverified;
  try {
    const verification = verifier.verify(credential, scheme);
    return verification instanceof Promise ? verification.catch(unknowable) : verification;
  } catch {
    return unknowable();
  }
}

// A verifier that fails knows nothing of the credential: neither good nor bad.
function unknowable(): Verification {
  return { kind: 'unknown', description: 'The verifier failed.' };
}

/** What an alternative lacks, the first thing to mend first; undefined where it holds. */
function failureOf(needs: readonly NeedPlan[], standings: readonly Standing[]): Failed | undefined {
  let missing: Failed | undefined;
  let insufficient: Failed | undefined;
  let unknown: Failed | undefined;
  for (const need of needs) {
    const standing = standings[need.index];
    if (standing === undefined) missing ??= { failure: 'missing', need };
    else if (standing.kind === 'unknown') unknown ??= { failure: 'unknown', need };
    else if (standing.kind === 'cross-site') return { failure: 'cross-site', need };
    else if (standing.kind === 'bad') {
      return { failure: standing.reason === 'expired-credentials' ? 'expired' : 'invalid', need };
    } else if (standing.kind === 'good' && !holds(standing.consumer, need.scopes)) {
      insufficient ??= { failure: 'insufficient', need };
    }
  }
  return missing ?? insufficient ?? unknown;
}

function holds({ scopes }: Consumer, due: readonly string[]): boolean {
  return due.every((scope) => scopes.includes(scope));
}

function consumerOf(needs: readonly NeedPlan[], standings: readonly Standing[]): Consumer | undefined {
  for (const { index } of needs) {
    const standing = standings[index];
    if (standing?.kind === 'good') return standing.consumer;
  }
  return undefined;
}

/**
 * What went wrong, for the challenge of a scheme. RFC 6750 names errors for Bearer alone; that of API keys, which is
 * nobody's standard, names the reason; all others are challenged without.
 */
function errorOf(
  scheme: SecurityScheme | undefined,
  reason: Reason,
  bearerError: string,
  more: string,
): ChallengeError | undefined {
  if (scheme === undefined) return undefined;
  const kind = kindOf(scheme);
  if (scheme.type === 'apiKey') return { kind, text: `error=${quoted(reason)}, ${more}` };
  return kind === 'bearer' ? { kind, text: `error=${quoted(bearerError)}, ${more}` } : undefined;
}
