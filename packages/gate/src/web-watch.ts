import type { AnswerCheck } from './answer-check.ts';

/**
 * The body of an answer, watched as it goes by and judged at its end.
 *
 * @param ended - called once: when all of it was handed on, or nobody wants the rest
 */
export function passing(
  body: ReadableStream<Uint8Array> | null,
  check: AnswerCheck,
  ended: () => void,
): ReadableStream<Uint8Array> | null {
  if (body === null) {
    check.judge();
    return null;
  }
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          check.pass(value);
          controller.enqueue(value);
          return;
        }
        controller.close();
        check.judge();
      } catch (error) {
        controller.error(error);
      }
      ended();
    },
    async cancel(reason) {
      ended();
      await reader.cancel(reason);
    },
  });
}

/**
 * Holds the body of an answer back until all of it is there to be judged, or it is too large for that: then it goes on as
 * a stream.
 *
 * @throws what the body fails with
 */
export async function heldBack(
  body: ReadableStream<Uint8Array> | null,
  check: AnswerCheck,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null> {
  if (body === null) return null;
  let begun: Uint8Array | undefined;
  for await (const chunk of body.values({ preventCancel: true })) {
    begun = check.pass(chunk);
    if (begun !== undefined) break;
  }
  return begun === undefined ? new Uint8Array(check.held()) : withFirst(begun, body);
}

function withFirst(first: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest.getReader();
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
