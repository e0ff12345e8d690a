/** What the ladder is handed and never makes for itself. */

import type { SecurityScheme } from '@flick/contract';

/** Time, in milliseconds. Limits run on `monotonicMs`, expiry of credentials on `wallMs`. */
export interface Clock {
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
}

/** Something that is bounded: how much of it there is now, and how much there may be. */
export interface Bound {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** One charge against a limit: a counter's key and how much it may hold. */
export interface Charge {
  /** The limit's name and who is charged, such as `accounts|consumer|https://issuer|alice`; `|` parts nothing else. */
  readonly key: string;
  /** Requests that one window takes. */
  readonly requests: number;
  readonly windowMs: number;
}

/** What a counter holds after a charge, or would hold. */
export interface Balance {
  /** Requests left in the window; 0 where none is. */
  readonly remaining: number;
  /** Until the window ends, at least 0 and at most the window. */
  readonly resetMs: number;
  /** False where the charge did not fit. */
  readonly allowed: boolean;
}

/** Counts requests in windows. A store that fails rejects or throws: the caller has a policy for that, never a 429. */
export interface LimitStore {
  /**
   * Charges all of `charges` by one, or none where one of them does not fit.
   *
   * @returns one balance a charge, in their order
   */
  readonly charge: (charges: readonly Charge[], nowMs: number) => readonly Balance[] | Promise<readonly Balance[]>;
  /**
   * Gives back what was charged for a request that was shed afterwards. Once the window that it was charged to has ended
   * there is nothing to give back.
   *
   * @param chargedMs - when it was charged
   */
  readonly refund: (charge: Charge, chargedMs: number) => void | Promise<void>;
}

/** Who calls, as far as credentials prove it. */
export interface Consumer {
  /** The subject (JWT `sub`, user name, key id); never the credential itself. */
  readonly subject: string;
  readonly scopes: readonly string[];
  /** The security scheme's name in the contract. */
  readonly scheme: string;
  /** Where the credential comes from, so that two issuers' subjects stay apart. */
  readonly issuer?: string;
}

/** What a verifier knows of a credential. */
export type Verification =
  | { readonly kind: 'good'; readonly consumer: Consumer }
  | {
      readonly kind: 'bad';
      readonly reason: 'invalid-credentials' | 'expired-credentials';
      /** One sentence for the challenge's `error_description`, of printable ASCII without `"` and `\`. */
      readonly description: string;
    }
  /** The verifier cannot know now: 503, never 401. */
  | { readonly kind: 'unknown'; readonly description: string };

/** Verifies credentials of one security scheme. Answers without a promise where it can, as from its cache. */
export interface Verifier {
  readonly verify: (credential: string, scheme: SecurityScheme) => Verification | Promise<Verification>;
  /**
   * Where the scheme's credential is a cookie: which pages may have browsers send it with a method that changes things.
   * Left out, all may.
   */
  readonly crossSite?: CrossSitePolicy;
  /** What goes on in it now, such as keys that are fetched anew, though no request may wait for it. */
  readonly underWay?: () => Promise<unknown> | undefined;
}

/** Which pages of other origins are trusted with the cookie of whoever looks at them. */
export interface CrossSitePolicy {
  /** Origins as browsers write them (RFC 6454, section 6.2), such as `https://app.example`. */
  readonly origins: ReadonlySet<string>;
  /** Whether all origins of the same site are: sibling domains, other ports. */
  readonly sameSite: boolean;
}

/** Whose requests a limit counts together. */
export type LimitBy = 'consumer' | 'address' | 'all';

/** One named limit. */
export interface Limit {
  readonly name: string;
  readonly requests: number;
  readonly windowMs: number;
  readonly by: LimitBy;
  /** Path templates as the contract writes them; `undefined` for all. A template ending in `/*` takes all below it. */
  readonly paths?: readonly string[];
  /** Operation ids; `undefined` for all. */
  readonly operations?: readonly string[];
}

/** Bounds that the ladder itself enforces. Bytes and counts. */
export interface Sizes {
  readonly targetBytes: number;
  readonly headerCount: number;
  readonly jsonDepth: number;
  readonly bodyBytes: number;
}

/** Which pages of other origins may read what is answered (CORS), where the ladder and not the API says so. */
export interface CorsPolicy {
  /** As browsers write them, `null` included; `https://*.example.com` for all below a domain, `*` for all there are. */
  readonly origins: readonly string[];
  /** Whether pages may send cookies and the like along. Never together with `*` or `null`. */
  readonly credentials: boolean;
  /** How long a browser may keep the answer to a preflight. */
  readonly maxAgeMs: number;
  /** Names of fields that pages may read, beside those of refusals and those that the contract declares. */
  readonly expose: readonly string[];
}

/** All that a ladder stands on besides the contract. */
export interface DeciderOptions {
  readonly clock: Clock;
  readonly limits: readonly Limit[];
  readonly limitStore: LimitStore;
  /** When the store fails: let the request pass uncounted (default), or answer 503 `overloaded`. */
  readonly limitStoreDown: 'pass' | 'refuse';
  /**
   * Is told of each failure of the store, once a request and rung: a store that is away would else leave no trace where
   * requests pass. Must not throw; how often it says so is for it to bound.
   */
  readonly onStoreFault?: (cause: unknown) => void;
  readonly limitHeaders: 'draft' | 'legacy' | 'off';
  /** By the security scheme's name. A scheme without one is checked for presence and form only. */
  readonly verifiers: ReadonlyMap<string, Verifier>;
  /** The `realm` of challenges. */
  readonly realm: string;
  /** Addresses and ranges (CIDR) of proxies whose `Forwarded` or `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly sizes: Sizes;
  /** Left out, the API answers preflights and gives leave, and refusals follow its last word to an origin. */
  readonly cors?: CorsPolicy | undefined;
  /** Whether passages keep the values that are read for the checks, as handlers in process want them. Default no. */
  readonly keepsValues?: boolean;
}
