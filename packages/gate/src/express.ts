import { type Flick, openExpress } from './express-app.ts';
import type { HandlerRequest } from './handler-types.ts';
import { type FrameworkSettings as FlickSettings, openFramework } from './open-flick.ts';

export * from './adapter-exports.ts';
export type { ExpressErrorMiddleware, ExpressMiddleware, Flick } from './express-app.ts';
export { refusal } from './handler-refusal.ts';
export type { HandlerRequest } from './handler-types.ts';
export type { FrameworkSettings as FlickSettings } from './open-flick.ts';

declare global {
  // The name that Express' own types are extended by.
  namespace Express {
    interface Request {
      /** What the ladder found: who calls, and what was read for the checks, typed and with defaults. */
      flick: HandlerRequest;
    }
  }
}

/**
 * Reads the contract and makes Flick for an Express app.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFlick(settings: FlickSettings): Promise<Flick> {
  return openExpress(await openFramework(settings));
}
