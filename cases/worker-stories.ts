import type { Outcome } from '@flick/decide';
import { type Flick, openFlick } from '@flick/gate/fetch';
import { requestOf, responseOf, wireOf } from './fetch-bytes.ts';
import type { Reached } from './fetch-hosts.ts';
import type { Wire } from './over-sockets.ts';
import type { StoryUpstream } from './story.ts';

/** What a Worker is told of a story before its requests. All of it is JSON. */
export interface StoryBegun {
  readonly contract: string;
  /** Without contract and credentials. */
  readonly settings: object;
  readonly schemes: readonly string[];
  readonly upstream: StoryUpstream;
}

/** What a Worker tells of a request. */
export interface StoryTold {
  readonly wire: Wire;
  readonly outcomes: readonly Outcome[];
  readonly reached: Reached | undefined;
}

let flick: Flick | undefined;
let outcomes: Outcome[] = [];
let reached: Reached | undefined;

/**
 * Runs stories in a Worker: `PUT` begins one, and `POST` brings the bytes of one of its requests.
 *
 * @param contracts - compiled, by their documents' names
 */
export async function tellStory(request: Request, contracts: Readonly<Record<string, object>>): Promise<Response> {
  if (request.method === 'PUT') {
    const begun: StoryBegun = JSON.parse(await request.text());
    await begin(begun, contracts[begun.contract] ?? {});
    return new Response('begun');
  }
  if (flick === undefined) return new Response('no story has begun', { status: 409 });
  outcomes = [];
  reached = undefined;
  const wire = await wireOf(await flick.fetch(requestOf(Buffer.from(await request.arrayBuffer()))));
  const told: StoryTold = { wire, outcomes, reached };
  return Response.json(told);
}

async function begin({ settings, schemes, upstream }: StoryBegun, contract: object): Promise<void> {
  await flick?.close();
  // At the start of a Worker it is 1970, and nothing is random.
  const { verifierOf } = await import('./story-verifiers.ts');
  flick = await openFlick({
    ...settings,
    contract,
    credentials: Object.fromEntries(schemes.map((name) => [name, verifierOf(name)])),
    addressOf: () => '127.0.0.1',
    onOutcome: (outcome) => outcomes.push(outcome),
    onWarning: () => {},
    async handler(judged) {
      const { pathname, search } = new URL(judged.url);
      const body = Buffer.from(await judged.arrayBuffer()).toString('latin1');
      reached = { method: judged.method, target: pathname + search, body };
      return responseOf(upstream);
    },
  });
}
