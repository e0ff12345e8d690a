import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Contract, Stage } from '@flick/contract';
import { factsFromBytes, type RequestFacts, type Trace, type TraceStep, type TracingDecider } from '@flick/decide';
import { checkNames, createLadder, loadContract, type OfflineSettings, readOfflineSettings } from '@flick/settings';
import { type CurlRequest, readCurlRequest } from './curl-request.ts';
import type { ExplainedRung, Explanation } from './explanation.ts';

/**
 * Judges a request by the ladder that would serve it, sends nothing, and explains the verdict.
 *
 * @param words - the request, in curl's words
 * @throws StartFault where the request, the contract or the settings are at fault
 */
export async function explainRequest(
  words: readonly string[],
  named: { readonly contract: string | undefined; readonly config: string | undefined },
): Promise<Explanation> {
  const request = readCurlRequest(words);
  const offline = readOfflineSettings(named.contract, named.config);
  const { settings } = offline;
  try {
    const contract = loadContract(settings);
    checkNames(contract, settings);
    return explanationOf(await traceOf(request, contract, offline), contract, offline);
  } finally {
    for (const verifier of settings.verifiers.values()) verifier.close?.();
  }
}

/** Traces a request as the gate would hand it to the ladder: the body without its coding, and within its bound. */
async function traceOf(request: CurlRequest, contract: Contract, { settings }: OfflineSettings): Promise<Trace> {
  const { headerBytes, bodyBytes } = settings.sizes;
  const source = { address: '127.0.0.1', secure: request.secure, headBytes: headerBytes };
  const { facts, body } = factsFromBytes(request.bytes, source);
  const bytes = decoded(facts, body, bodyBytes);
  const tooLarge = bytes === 'too-large' || bytes.length > bodyBytes;
  const trace = await createLadder(settings, contract).trace(facts, tooLarge ? body : bytes);
  // Only a body that is checked is bounded; what streams through is the API's to refuse.
  if (!tooLarge || trace.passage.bodyPlan !== 'check') return trace;
  return createLadder(settings, contract).trace({ ...facts, fault: 'body-too-large' }, body);
}

/** A body whose coding cannot be removed is handed on as it is: it will not be of its media type. */
function decoded({ headers }: RequestFacts, body: Uint8Array, limit: number): Uint8Array | 'too-large' {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-encoding');
  const decode = at < 0 ? undefined : decoders[headers[at + 1]?.trim().toLowerCase() ?? ''];
  if (decode === undefined) return body;
  try {
    return decode(body, { maxOutputLength: limit + 1 });
  } catch (error) {
    return error instanceof RangeError ? 'too-large' : body;
  }
}

const decoders: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

function explanationOf({ steps, passage, limits }: Trace, contract: Contract, offline: OfflineSettings): Explanation {
  const { verdict, operation, consumer } = passage;
  const unknowns = limits.map(
    ({ name, requests, windowMs }) =>
      `limit ${name}: how many of its ${requests} requests in ${windowMs / 1000} s are left`,
  );
  const credentials = unverifiedOf(passage, offline);
  unknowns.push(...credentials);
  if (verdict.kind === 'pass') unknowns.push('what the API itself answers');
  const rungs = steps.map((step) => rungOf(step, passage));
  const after: readonly Stage[] = ['handler', 'response'];
  const result = verdict.kind === 'pass' ? 'not known' : 'not reached';
  return {
    method: passage.facts.method,
    path: passage.path,
    operation: operation?.id,
    status: verdict.kind === 'refuse' ? verdict.refusal.status : verdict.kind === 'answer' ? verdict.status : undefined,
    ladder: [...rungs, ...after.map((stage): ExplainedRung => ({ stage, result }))],
    refusal: verdict.kind === 'refuse' ? verdict.refusal : undefined,
    observed: passage.observed,
    facts: [
      ['consumer', consumer && `${consumer.scheme}:${consumer.subject}`],
      ['broken', operation?.broken],
      ['table', contract.table.name],
    ],
    unknowns: verdict.kind === 'refuse' ? [] : unknowns,
  };
}

type Passage = Awaited<ReturnType<TracingDecider['judgeHead']>>;

function rungOf({ stage, result, refusal }: TraceStep, passage: Passage): ExplainedRung {
  const note = refusal?.detail ?? (result === 'not reached' ? undefined : noteOf(stage, passage));
  return { stage, result, ...(note !== undefined && { note }) };
}

function noteOf(stage: Stage, { operation, consumer, verdict, observed, allow }: Passage): string | undefined {
  if (stage === 'method') {
    if (verdict.kind === 'answer') return `with the methods of the path: ${allow.join(', ')}`;
    return (
      operation?.id ??
      (verdict.kind === 'pass' && observed === undefined ? 'a CORS preflight passes unjudged' : undefined)
    );
  }
  if (stage !== 'credentials') return undefined;
  if (consumer !== undefined) return `${consumer.scheme}:${consumer.subject}`;
  return operation?.security.length === 0 ? 'open to all' : undefined;
}

/** The credentials that were judged by their form alone. */
function unverifiedOf({ operation, consumer }: Passage, { settings, unverified }: OfflineSettings): readonly string[] {
  if (operation === undefined || consumer !== undefined) return [];
  const schemes = new Set(operation.security.flat().map(({ scheme }) => scheme.name));
  return [...schemes]
    .filter((name) => !settings.verifiers.has(name))
    .map(
      (name) =>
        `credentials of ${name}: ${unverified.get(name) ?? 'no verifier is set; presence and form alone are judged'}`,
    );
}
