/** The lines of the results, and what of them was asked for. */
import { connections, median, ratio } from './rounds.js';

/**
 * @typedef {import('./rounds.js').Sample} Sample
 * @typedef {{ what: string, due: number, atMost?: true, came: number }} Target
 */

/**
 * The gate beside others.
 *
 * @param {string} title
 * @param {readonly string[]} names - `gate` among them
 * @param {readonly Sample[][]} samples
 */
export function besideOthers(title, names, samples) {
  const gate = samples[names.indexOf('gate')] ?? [];
  const lines = names.map((name, at) => {
    const own = samples[at] ?? [];
    const line = figures(name, own);
    if (name === 'gate') return line;
    return `${line}   gate: ${ratio(gate, own, 'rate').toFixed(2)} × the requests, ${ratio(gate, own, 'cpu').toFixed(2)} × the CPU`;
  });
  return [`${title}  (${connections} connections)`, ...lines];
}

/**
 * Several on one front, or on fronts of one kind, each as a multiple of the first.
 *
 * @param {string} title
 * @param {readonly string[]} names
 * @param {readonly Sample[][]} samples
 */
export function besideFirst(title, names, samples) {
  const [first = []] = samples;
  const lines = names.map((name, at) => {
    const own = samples[at] ?? [];
    return at === 0
      ? figures(name, own)
      : `${figures(name, own)}   ${ratio(own, first, 'cpu').toFixed(2)} × the CPU of the first`;
  });
  return [title, ...lines];
}

/**
 * @param {string} name
 * @param {readonly Sample[]} samples
 */
function figures(name, samples) {
  const rate = count(median(samples.map((sample) => sample.rate)));
  const cpu = median(samples.map((sample) => sample.cpu)).toFixed(1);
  return `  ${name.padEnd(38)}${rate.padStart(8)} requests/s ${cpu.padStart(7)} µs CPU each`;
}

/** @param {readonly Target[]} targets */
export function table(targets) {
  return targets.map(({ what, due, atMost, came }) => {
    const met = atMost ? came <= due : came >= due;
    const bound = `${atMost ? 'at most' : 'at least'} ${due}`;
    return `  ${what.padEnd(64)}${bound.padStart(14)}   ${came.toFixed(2).padStart(6)}   ${met ? 'reached' : 'not reached'}`;
  });
}

/** @param {number} value */
export function count(value) {
  return Math.round(value).toLocaleString('en-GB');
}
