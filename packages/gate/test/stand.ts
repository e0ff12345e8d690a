import { onTestFinished } from 'vitest';
import { createUpstream, type UpstreamOptions } from '../src/upstream.ts';
import { type EvilOptions, type EvilUpstream, type Script, startEvilUpstream } from './evil-upstream.ts';
import { type FrontOptions, openDecider, type SmallFront, startSmallFront } from './small-front.ts';

/** A front before an upstream; both end with the test. */
export interface Stand {
  readonly evil: EvilUpstream;
  readonly front: SmallFront;
}

/** Starts an evil upstream and a small front before it. */
export async function startStand(
  script: Script,
  options: { upstream?: Partial<UpstreamOptions>; front?: FrontOptions; evil?: EvilOptions } = {},
): Promise<Stand> {
  const evil = await startEvilUpstream(script, options.evil);
  const front = await startFrontBefore(evil.origin, options.upstream, options.front);
  onTestFinished(() => evil.close());
  return { evil, front };
}

/** Starts a small front before any upstream. */
export async function startFrontBefore(
  origin: string,
  upstream: Partial<UpstreamOptions> = {},
  front: FrontOptions = {},
): Promise<SmallFront> {
  const started = await startSmallFront(
    createUpstream({ origin, decider: openDecider(), timeouts: { upstreamMs: 5000 }, ...upstream }),
    front,
  );
  onTestFinished(() => started.close());
  return started;
}
