import type { HonoRequest } from 'hono';
import type { JudgedRequest } from './web-replay.ts';

const judging = Symbol('flick');
const utf8 = new TextDecoder();

/** A request of Hono's whose Request is made when somebody asks for it. */
interface Replayed {
  [judging]: JudgedRequest;
}

/** What Hono reads from the Request. All of it but a body is to be had without making another. */
const own: PropertyDescriptorMap & ThisType<Replayed> = {
  raw: {
    configurable: true,
    enumerable: true,
    get() {
      return this[judging].request;
    },
    // From a Request that the app puts in the place of the judged one, Hono reads as ever.
    set(request: Request) {
      for (const name of Object.keys(own)) Reflect.deleteProperty(this, name);
      Object.assign(this, { raw: request });
    },
  },
  url: {
    configurable: true,
    get() {
      return this[judging].sent.url;
    },
  },
  method: {
    configurable: true,
    get() {
      return this[judging].sent.method;
    },
  },
  header: {
    configurable: true,
    value(this: Replayed, name?: string) {
      const { headers } = this[judging].sent;
      if (name !== undefined && name !== '') return headers.get(name) ?? undefined;
      const fields: Record<string, string> = Object.create(null);
      for (const [field, value] of headers) fields[field] = value;
      return fields;
    },
  },
  text: {
    configurable: true,
    async value(this: Replayed) {
      return textOf(this[judging]);
    },
  },
  json: {
    configurable: true,
    async value(this: Replayed): Promise<unknown> {
      return JSON.parse(textOf(this[judging]));
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
  Object.defineProperties(Object.assign(request, { [judging]: judged }), own);
}

function textOf({ body }: JudgedRequest): string {
  return utf8.decode(body);
}
