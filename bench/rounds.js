/** Measures in turn, round by round: what slows the machine down for a while slows down all that is compared. */

/**
 * @typedef {Awaited<ReturnType<typeof import('./child.js').start>>} Child
 * @typedef {{ name: string, front: Child, scenario: import('./requests.js').Scenario }} Unit - one thing to measure
 * @typedef {{ rate: number, cpu: number }} Sample - requests a second; CPU of the front a request, in microseconds
 * @typedef {{ rounds: number, roundMs: number, warmMs: number }} Pace
 */

/** Connections at once, each with one request under way. */
export const connections = 32;

/**
 * @param {Child} load
 * @param {readonly Unit[]} units
 * @param {Pace} pace
 * @returns {Promise<Sample[][]>} by unit, then by round
 */
export async function measure(load, units, { rounds, roundMs, warmMs }) {
  /** @type {Sample[][]} */
  const samples = units.map(() => []);
  await inTurn(units, (unit) => warmUp(load, unit, warmMs));
  await inTurn(Array.from({ length: rounds }), (_, round) => {
    // Turned round by round, so that none is always first.
    const order = units.map((_unit, at) => (at + round) % units.length);
    return inTurn(order, async (at) => {
      const unit = units[at];
      if (unit === undefined) return;
      const { sample, bad, requests } = await sampleOf(load, unit, roundMs);
      if (bad > 0 || requests === 0) {
        throw new Error(`${unit.name}, ${unit.scenario.name}: ${bad} of ${requests} answers were not the one due`);
      }
      samples[at]?.push(sample);
    });
  });
  return samples;
}

/** V8 has compiled what is hot after so many requests; how long they take is for the machine to say. */
const warmRequests = 20_000;
const warmTurns = 4;

/**
 * @param {Child} load
 * @param {Unit} unit
 * @param {number} ms - a turn
 */
async function warmUp(load, unit, ms, turns = warmTurns, left = warmRequests) {
  const { requests } = await sampleOf(load, unit, ms);
  if (requests < left && turns > 1) await warmUp(load, unit, ms, turns - 1, left - requests);
}

/**
 * @param {Child} load
 * @param {Unit} unit
 * @param {number} ms
 */
async function sampleOf(load, { front, scenario }, ms) {
  const before = await front.ask('usage');
  /** @type {import('./load.js').Load} */
  const {
    requests,
    bad,
    ms: took,
  } = await load.ask({ port: front.first.port, scenario: scenario.name, connections, ms });
  const cpu = ((await front.ask('usage')) - before) / requests;
  return { sample: { rate: (requests * 1000) / took, cpu }, bad, requests };
}

/**
 * Of each round `a` as a share of `b`, of these the median.
 *
 * @param {readonly Sample[]} a
 * @param {readonly Sample[]} b
 * @param {'rate' | 'cpu'} figure
 */
export function ratio(a, b, figure) {
  return median(a.map((sample, round) => sample[figure] / (b[round]?.[figure] ?? Number.NaN)));
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item, index: number) => Promise<unknown>} action
 */
export async function inTurn(items, action) {
  await items.reduce(async (before, item, index) => {
    await before;
    await action(item, index);
  }, Promise.resolve());
}
