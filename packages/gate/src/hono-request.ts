import type { HonoRequest } from 'hono';
import type { JudgedRequest } from './web-replay.ts';

const judging = Symbol('flick');
const utf8 = new TextDecoder();

/** A request of Hono's whose Request is made when somebody asks for it. */
interface Replayed {
  [judging]: JudgedRequest;
  /** A Request that the app has put in the place of the judged one. */
  replaced: Request | undefined;
}

/** What Hono reads from the Request. All of it but a body is to be had without making another. */
const own: PropertyDescriptorMap & ThisType<Replayed> = {
  raw: {
    configurable: true,
    enumerable: true,
    get() {
      return this.replaced ?? this[judging].request;
    },
    set(request: Request) {
      this.replaced = request;
    },
  },
  url: {
    configurable: true,
    get() {
      return shown(this).url;
    },
  },
  method: {
    configurable: true,
    get() {
      return shown(this).method;
    },
  },
  header: {
    configurable: true,
    value(this: Replayed, name?: string) {
      const { headers } = shown(this);
      return name === undefined || name === '' ? Object.fromEntries(headers) : (headers.get(name) ?? undefined);
    },
  },
  text: {
    configurable: true,
    async value(this: Replayed) {
      return textOf(this);
    },
  },
  json: {
    configurable: true,
    async value(this: Replayed): Promise<unknown> {
      return JSON.parse(await textOf(this));
    },
  },
};

/**
 * Hands a judged request on to the routes of a Hono app. A body that was read can be read again, by whatever of Hono's or
 * of its Request.
 */
export function handOn(request: HonoRequest, judged: JudgedRequest): void {
  if (judged.body === undefined || !judged.isAsSent) {
    if (judged.request !== request.raw) request.raw = judged.request;
    return;
  }
  Object.defineProperties(Object.assign(request, { [judging]: judged, replaced: undefined }), own);
}

function shown({ [judging]: { sent }, replaced }: Replayed): Request {
  return replaced ?? sent;
}

async function textOf({ [judging]: { body }, replaced }: Replayed): Promise<string> {
  if (replaced !== undefined || body === undefined) return replaced?.text() ?? '';
  return utf8.decode(body);
}
