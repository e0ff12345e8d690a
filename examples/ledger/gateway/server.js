// A small money ledger on SQLite. It checks nothing: no token, no parameter, no body. What it is not made for makes it
// throw, hang, or show its insides. That is the point: Flick stands before it and keeps its response codes true.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';

const schema = `
  CREATE TABLE accounts (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, currency TEXT NOT NULL,
    balance INTEGER NOT NULL, opened TEXT NOT NULL
  );
  CREATE TABLE transfers (
    id TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, sender TEXT NOT NULL REFERENCES accounts (id),
    recipient TEXT NOT NULL REFERENCES accounts (id), amount INTEGER NOT NULL, reference TEXT, status TEXT NOT NULL,
    created TEXT NOT NULL
  );
  INSERT INTO accounts VALUES
    ('acc_ada00001', 'ada', 'Household', 'EUR', 124050, '2024-03-01T09:00:00Z'),
    ('acc_ada00002', 'ada', 'Savings', 'EUR', 1500000, '2024-03-01T09:05:00Z'),
    ('acc_ada00003', 'ada', 'Travel', 'USD', 32000, '2024-07-19T17:30:00Z'),
    ('acc_bob00001', 'bob', 'Current', 'EUR', 8120, '2025-01-10T11:20:00Z');
`;

const rates = { EUR: 1, USD: 1.17, GBP: 0.87, CHF: 0.93 };

/** Every operation, by method and path. `(.+)` stands for a path parameter. */
const operations = [
  ['GET', /^\/health$/, () => answer(200, { status: 'up' })],

  [
    'GET',
    /^\/rates$/,
    ({ query }) => {
      const rate = rates[query.get('to')] / rates[query.get('from')];
      return answer(200, { from: query.get('from'), to: query.get('to'), rate: Number(rate.toFixed(6)) });
    },
  ],

  [
    'GET',
    /^\/accounts$/,
    ({ db, query, subject }) => {
      const limit = Number(query.get('limit') ?? 20);
      const currencies = query.get('currencies')?.split(',') ?? Object.keys(rates);
      const holes = currencies.map(() => '?').join(', ');
      const rows = db
        .prepare(
          `SELECT id, name, currency, balance, opened FROM accounts
           WHERE owner = ? AND id > ? AND currency IN (${holes}) ORDER BY id LIMIT ?`,
        )
        .all(subject, query.get('cursor') ?? '', ...currencies, limit + 1);
      const more = rows.length > limit;
      const accounts = rows.slice(0, limit);
      return answer(200, more ? { accounts, next: accounts.at(-1).id } : { accounts });
    },
  ],

  [
    'POST',
    /^\/accounts$/,
    ({ db, body, subject }) => {
      const { name, currency } = JSON.parse(body);
      const account = { id: newId('acc'), name, currency, balance: 0, opened: new Date().toISOString() };
      db.prepare('INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)').run(
        account.id,
        subject,
        name,
        currency,
        0,
        account.opened,
      );
      return answer(201, account, { location: `/accounts/${account.id}` });
    },
  ],

  [
    'GET',
    /^\/accounts\/(.+)$/,
    ({ db, parts, subject }) => {
      const account = findAccount(db, parts[0], subject);
      return account === undefined ? noSuch('account') : answer(200, account);
    },
  ],

  [
    'GET',
    /^\/transfers\/(.+)$/,
    ({ db, parts, subject }) => {
      const [row] = db
        .prepare(
          `SELECT transfers.* FROM transfers JOIN accounts ON accounts.id = sender
           WHERE transfers.id = ? AND owner = ?`,
        )
        .all(parts[0], subject);
      return row === undefined ? noSuch('transfer') : answer(200, transferOf(row));
    },
  ],

  [
    'POST',
    /^\/transfers$/,
    ({ db, body, headers, subject }) => {
      const key = `${subject} ${headers['idempotency-key']}`;
      const [earlier] = db.prepare('SELECT * FROM transfers WHERE idempotency_key = ?').all(key);
      if (earlier !== undefined) return answer(200, transferOf(earlier));

      const { from, to, amount, reference = null } = JSON.parse(body);
      const sender = findAccount(db, from, subject);
      const [recipient] = db.prepare('SELECT id FROM accounts WHERE id = ?').all(to);
      if (sender === undefined || recipient === undefined) return noSuch('account');
      if (sender.balance < amount) return answer(409, { error: 'The account does not hold that much.' });
      const id = newId('trf');
      db.transaction(() => {
        db.prepare('UPDATE accounts SET balance = balance - ? WHERE id = ?').run(amount, from);
        db.prepare('UPDATE accounts SET balance = balance + ? WHERE id = ?').run(amount, to);
        db.prepare('INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
          id,
          key,
          from,
          to,
          amount,
          reference,
          'booked',
          new Date().toISOString(),
        );
      })();
      const [row] = db.prepare('SELECT * FROM transfers WHERE id = ?').all(id);
      return answer(201, transferOf(row), { location: `/transfers/${id}` });
    },
  ],

  // The nightly job that makes this table was never deployed: every call throws.
  ['GET', /^\/reports\/daily$/, ({ db }) => answer(200, db.prepare('SELECT * FROM daily_totals').all())],

  // Waits for a lock that nobody will ever release.
  ['GET', /^\/reports\/monthly$/, () => new Promise(() => {})],
];

function answer(status, value, headers = {}) {
  return { status, value, headers };
}

function noSuch(what) {
  return answer(404, { error: `There is no such ${what}.` });
}

function newId(kind) {
  return `${kind}_${Math.random().toString(36).slice(2, 10).padEnd(8, '0')}`;
}

function findAccount(db, id, subject) {
  return db
    .prepare('SELECT id, name, currency, balance, opened FROM accounts WHERE id = ? AND owner = ?')
    .all(id, subject)[0];
}

function transferOf({ id, sender, recipient, amount, reference, status, created }) {
  const transfer = { id, from: sender, to: recipient, amount, status, created };
  return reference === null ? transfer : { ...transfer, reference };
}

async function readBody(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** Makes the ledger: an HTTP server that does not listen yet, with a database in memory. */
export function createLedger() {
  const db = new Database(':memory:');
  db.exec(schema);
  const server = createServer(async (request, response) => {
    try {
      const url = new URL(request.url, 'http://ledger');
      const [operation, match] = find(request.method, url.pathname);
      const { status, value, headers } = await operation({
        db,
        parts: match.slice(1),
        query: url.searchParams,
        headers: request.headers,
        subject: request.headers['flick-subject'],
        body: await readBody(request),
      });
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    } catch (error) {
      // As many frameworks do it outside production: the stack, with every path of the machine, in HTML.
      response.writeHead(500, { 'content-type': 'text/html' }).end(`<h1>Error</h1>\n<pre>${error.stack}</pre>\n`);
    }
  });
  server.on('close', () => db.close());
  return server;
}

function find(method, path) {
  const [, pattern, operation] = operations.find(([verb, shape]) => verb === method && shape.test(path));
  return [operation, pattern.exec(path)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const port = Number(process.argv[2] ?? 4190);
  const server = createLedger().listen(port, '127.0.0.1');
  await once(server, 'listening');
  process.stdout.write(`ledger: http://127.0.0.1:${server.address().port}, checks nothing\n`);
}
