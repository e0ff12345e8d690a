import { cfOf } from './web-cf.ts';

/**
 * Finds out whether a request has a body whose fields do not say so: some hosts give one to every POST, and others leave
 * the fields out. Of the body one chunk is read.
 *
 * @param deadlineMs - after which it is taken to have one
 * @returns the request to go on with, whose body is null where there is none
 */
export async function withKnownBody(request: Request, deadlineMs: number): Promise<Request> {
  const { body, method, url, headers, signal } = request;
  if (body === null) return request;
  const reader = body.getReader();
  const first = readSome(reader);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, undefined);
  });
  // One that fails is found when the body is read.
  const chunk = await Promise.race([first.catch(() => undefined), deadline]);
  clearTimeout(timer);
  if (chunk?.done === true) return new Request(url, { method, headers, signal, ...cfOf(request) });
  let begun = false;
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await (begun ? reader.read() : first);
      begun = true;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Request(url, { method, headers, signal, body: whole, duplex: 'half', ...cfOf(request) });
}

/** Some hosts begin with a chunk of nothing. */
async function readSome(reader: ReadableStreamDefaultReader<Uint8Array>): ReturnType<typeof reader.read> {
  const read = await reader.read();
  return read.done || read.value.length > 0 ? read : readSome(reader);
}
