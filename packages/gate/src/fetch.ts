import type { Outcome } from '@flick/decide';
import { StartFault } from '@flick/settings/start-fault';
import type { FlickContext } from './web-context.ts';
import { factsOfRequest, isFramed } from './web-facts.ts';
import { type FlickParts, type HostedSettings, WebLadder } from './web-ladder.ts';
import { withKnownBody } from './web-unframed.ts';

export * from './adapter-exports.ts';
export { refusal } from './handler-refusal.ts';
export type { FlickContext } from './web-context.ts';

/** The settings of `flick.yaml` in camel case, and the function that answers. `Args` are what the host hands on besides. */
export type FlickSettings<Args extends readonly unknown[] = readonly unknown[]> = Omit<HostedSettings, 'onOutcome'> & {
  /**
   * Hears of every request once, when its answer is with the host, and of what the host handed on with it: a Worker's
   * `context.waitUntil` lets what is sent on here outlive the answer. Must not throw.
   */
  readonly onOutcome?: (outcome: Outcome, ...args: Args) => void;
  /** Answers what passed the ladder. It may throw what `refusal()` makes. */
  readonly handler: (request: Request, context: FlickContext, ...args: Args) => Response | Promise<Response>;
  /**
   * The IP address at the other end of the connection, which a Request does not tell. Due where limits count by address or
   * by consumer.
   */
  readonly addressOf?: (request: Request, ...args: Args) => string | undefined;
};

/** Flick around one handler. */
export interface Flick<Args extends readonly unknown[] = readonly unknown[]> extends FlickParts {
  /** Answers requests with the codes that are due. Never rejects; works apart from this object. */
  readonly fetch: (request: Request, ...args: Args) => Promise<Response>;
}

/** What some hosts hand on beside a request, such as those of Workers: else all work of a request ends with it. */
interface WaitingContext {
  readonly waitUntil: (work: Promise<unknown>) => void;
}

function contextIn(args: readonly unknown[]): WaitingContext | undefined {
  return args.find(
    (arg): arg is WaitingContext =>
      typeof arg === 'object' && arg !== null && 'waitUntil' in arg && typeof arg.waitUntil === 'function',
  );
}

/**
 * Puts the ladder before a handler that turns a Request into a Response, for whatever hosts such handlers.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFlick<Args extends readonly unknown[] = readonly unknown[]>({
  handler,
  addressOf,
  onOutcome,
  ...settings
}: FlickSettings<Args>): Promise<Flick<Args>> {
  if (typeof handler !== 'function') {
    throw new StartFault(`openFlick(): handler: due is a function; found a value of type ${typeof handler}`);
  }
  const ladder = await WebLadder.open(settings);
  if (ladder.countsAddresses && addressOf === undefined) {
    await ladder.close();
    throw new StartFault('openFlick(): addressOf: limits count by address, and a Request tells none; say where it is');
  }
  const answer = (request: Request, args: Args): Promise<Response> =>
    ladder.answer({
      request,
      factsWith: (overload) => factsOfRequest(request, addressOf?.(request, ...args) ?? '', overload),
      sentId: request.headers.get('x-request-id') ?? undefined,
      isNobodys: false,
      ...(onOutcome && { recorded: (outcome) => onOutcome(outcome, ...args) }),
      respond: ({ request: judged }, context) => handler(judged, context, ...args),
    });
  const fetch = (request: Request, ...args: Args): Promise<Response> => {
    const answering =
      isFramed(request) || request.body === null
        ? answer(request, args)
        : withKnownBody(request, ladder.bodyMs).then((known) => answer(known, args));
    // Else what others wait for as well, and the outcome, could end with a client that hangs up.
    contextIn(args)?.waitUntil(answering.then(() => ladder.settle()));
    return answering;
  };
  const { contract, records, close } = ladder;
  return { contract, records, close, fetch };
}
