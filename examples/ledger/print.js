import { curlOf } from './tour.js';

const { NO_COLOR = '', FORCE_COLOR = '' } = process.env;
const coloured = NO_COLOR === '' && (process.stdout.isTTY || FORCE_COLOR !== '');
const paint = (open, close) => (text) => (coloured ? `\u001b[${open}m${text}\u001b[${close}m` : text);
const bold = paint(1, 22);
const dim = paint(2, 22);
const red = paint(31, 39);
const green = paint(32, 39);
const yellow = paint(33, 39);

/** Prints what runs where. */
export function printHead([line, beside]) {
  print();
  print(bold(line));
  print(dim(beside));
  print();
}

/** Prints the tour as lines to paste. */
export function printStops(stops, origin, pathOf) {
  print('One request for each way to each code. Paste a line into another terminal; what is refused shows here.');
  let before;
  for (const stop of stops) {
    if (stop.code !== before) print();
    const code = stop.code === before ? '   ' : bold(colourOf(stop.code)(String(stop.code)));
    print(`${code}  ${dim(stop.about)}`);
    print(`     ${curlOf(stop, origin, pathOf)}`);
    before = stop.code;
  }
  print();
  print(dim('`npm start -- --tour` sends them all by itself. Ctrl-C stops.'));
  print();
}

/** Says to whoever watches why nothing happens yet. */
export function printWaiting() {
  if (!process.stdout.isTTY) return;
  print(dim('Sending them all at once; the one that hangs takes 5 s.'));
  print();
}

/** Prints what came back, and says whether all of it was due. */
export function printResults(results) {
  const requestWidth = Math.max(...results.map(({ stop }) => requestOf(stop).length));
  const reasonWidth = Math.max(...results.map((result) => reasonOf(result).length));
  print(dim(`code  ${'request'.padEnd(requestWidth)}  reason`));
  for (const result of results) {
    const { stop, code } = result;
    const mark = isDue(result) ? green('✓') : red(`✗ due is ${stop.code} ${stop.reason ?? ''}`);
    const request = requestOf(stop).padEnd(requestWidth);
    const reason = reasonOf(result).padEnd(reasonWidth);
    print(
      `${colourOf(code)(String(code).padEnd(4))}  ${request}  ${result.reason === undefined ? dim(reason) : reason}  ${mark}`,
    );
  }
  const right = results.filter(isDue).length;
  const sum = `${right} of ${results.length} as the table says.`;
  print();
  print(right === results.length ? green(sum) : red(sum));
  print();
  return right === results.length;
}

function isDue({ stop, code, reason }) {
  return code === stop.code && reason === stop.reason;
}

function reasonOf({ code, reason }) {
  return reason ?? (code < 400 ? '' : "the ledger's own answer");
}

function requestOf({ method = 'GET', target, shown = target, who, times }) {
  const by = who === undefined ? '' : `  by ${who}`;
  return `${method} ${shown}${times === undefined ? '' : `  × ${times}`}${by}`;
}

function colourOf(code) {
  if (code < 200 || code >= 500) return red;
  return code >= 400 ? yellow : green;
}

function print(line = '') {
  process.stdout.write(line === '' ? '\n' : `  ${line}\n`);
}
