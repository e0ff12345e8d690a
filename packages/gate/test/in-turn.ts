/** Does something so many times, each when the one before is done. */
export function inTurn(times: number, work: (turn: number) => Promise<unknown>): Promise<unknown> {
  return Array.from({ length: times }).reduce<Promise<unknown>>(
    (before, _, turn) => before.then(() => work(turn)),
    Promise.resolve(),
  );
}
