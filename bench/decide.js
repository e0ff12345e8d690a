/** The ladder alone, without a socket: requests a second in one process. */
import { serveParent } from './child.js';
import { createBenchDecider } from './decider.js';
import { bodyFields, fieldsOf, transfer } from './requests.js';

const VARIANTS = 100;
const decider = createBenchDecider();
const body = Buffer.from(transfer);

/**
 * @param {string} method
 * @param {(index: number) => string} target
 * @param {(index: number) => string[]} headers
 */
function variantsOf(method, target, headers) {
  return Array.from({ length: VARIANTS }, (_, index) => ({
    method,
    target: target(index),
    version: '1.1',
    headers: headers(index),
    address: '127.0.0.1',
    secure: false,
  }));
}

const account = (/** @type {number} */ index) => `/accounts/${index + 1}?limit=20&currency=eur`;
const noFields = (/** @type {number} */ index) => fieldsOf(index, '');

/** What is measured, with the verdict that is due. */
const cases = [
  { name: 'GET, token known, parameters', due: 'pass', facts: variantsOf('GET', account, fieldsOf) },
  {
    name: `POST, token known, JSON of ${body.length} bytes`,
    due: 'pass',
    facts: variantsOf(
      'POST',
      () => '/transfers',
      (index) => [...fieldsOf(index), ...bodyFields(transfer)],
    ),
  },
  {
    name: 'refused: 404, no such path',
    due: 'refuse',
    facts: variantsOf('GET', (index) => `/none/${index}`, fieldsOf),
  },
  { name: 'refused: 401, no credentials', due: 'refuse', facts: variantsOf('GET', account, noFields) },
  {
    name: 'refused: 400, unknown parameter',
    due: 'refuse',
    facts: variantsOf('GET', (index) => `${account(index)}&colour=red`, fieldsOf),
  },
];

/** @typedef {ReturnType<typeof variantsOf>[number]} Facts */

/** @returns {Promise<string>} */
async function judge(/** @type {Facts} */ facts) {
  return judgeWhole(await decider.judgeHead(facts)).verdict.kind;
}

function judgeWhole(/** @type {import('@flick/decide').Passage} */ passage) {
  return passage.bodyPlan === 'check' && passage.verdict.kind === 'pass' ? decider.judgeBody(passage, body) : passage;
}

/** Requests a second over `ms`, and how many verdicts were not the one that is due. */
function measure(/** @type {typeof cases[number]} */ { facts, due }, /** @type {number} */ ms) {
  const startMs = performance.now();
  let requests = 0;
  let bad = 0;
  while (performance.now() - startMs < ms) {
    for (const each of facts) {
      const passage = decider.judgeHead(each);
      if (passage instanceof Promise || judgeWhole(passage).verdict.kind !== due) bad += 1;
    }
    requests += facts.length;
  }
  return { rate: (requests * 1000) / (performance.now() - startMs), bad };
}

// Tokens are verified once, with a promise; from then on they are known.
const verdicts = await Promise.all(cases.flatMap(({ facts }) => facts.map(judge)));

serveParent(
  { names: cases.map(({ name }) => name), verdicts: verdicts.length },
  (/** @type {{ index: number, ms: number }} */ { index, ms }) => {
    const measured = cases[index];
    return measured === undefined ? undefined : measure(measured, ms);
  },
);
