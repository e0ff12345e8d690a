/**
 * Whether this is Cloudflare's runtime for Workers. There, timers, fetches and random values are those of one request:
 * nothing goes on between requests, clocks stand still within one, and what a request has begun ends with it.
 */
export const isWorker: boolean = userAgent() === 'Cloudflare-Workers';

function userAgent(): unknown {
  const navigator: unknown = Reflect.get(globalThis, 'navigator');
  return typeof navigator === 'object' && navigator !== null && Reflect.get(navigator, 'userAgent');
}
