import { setTimeout } from 'node:timers/promises';
import {
  type HandlerRequest,
  type Handlers,
  type HandlerRefusal,
  hashPassword,
  isPassword,
  refusal,
  type Sessions,
} from '@flick/gate';
import { type Book, BookBusy, type Booking } from './book.ts';
import type { LoginBody, Operations } from './operations.ts';

const rates = { EUR: 1, USD: 1.17, GBP: 0.87, CHF: 0.93 } as const;

/** A function for each operation of ledger.yaml. What it lists, and nothing else, compiles. */
export function createLedgerHandlers(book: Book, sessions: Sessions): Handlers<Operations> {
  /** Begins a session, and hands it over. */
  const begin = async ({ name, as, scopes, lifetime }: LoginBody) => {
    const session = await sessions.start(name, scopes, { absoluteMs: lifetime * 1000 });
    const body = { name, scopes, ends: new Date(session.endsMs).toISOString() };
    const headers = { 'Cache-Control': 'no-store' };
    return as === 'cookie'
      ? { headers: { ...headers, 'Set-Cookie': sessions.setCookie(session) }, body }
      : { headers, body: { ...body, token: session.token } };
  };

  return {
    getHealth: () => ({ status: 'up' }),

    getRate({ query: { from, to } }) {
      return { from, to, rate: Number((rates[to] / rates[from]).toFixed(6)) };
    },

    async signUp({ body }) {
      const { name, password } = body;
      const hash = await hashPassword(password);
      if (whileFree(() => book.addUser(name, hash))) return { status: 201, ...(await begin(body)) };
      return conflict('name-taken', 'The name is taken', 'Somebody has this name already.');
    },

    async logIn({ body }) {
      const { name, password } = body;
      // Whether the name or the password is wrong is nobody's business, and takes as long.
      if (await isPassword(password, book.passwordOf(name))) return { status: 200, ...(await begin(body)) };
      throw refusal('invalid-credentials', { detail: 'There is no such name with this password.' });
    },

    async logOut({ field }) {
      const fields = { cookie: field('cookie'), authorization: field('authorization') };
      await sessions.revoke(sessions.tokenOf(fields) ?? '');
      return { status: 204, headers: { 'Set-Cookie': sessions.clearCookie() } };
    },

    listAccounts({ consumer, query: { limit, cursor, currencies } }) {
      const { items: accounts, next } = book.accounts(nameOf(consumer), limit, cursor, currencies);
      return next === undefined ? { accounts } : { accounts, next };
    },

    openAccount({ consumer, body: { name, currency, deposit } }) {
      const account = whileFree(() => book.openAccount(nameOf(consumer), name, currency, deposit));
      return { status: 201, headers: { Location: `/accounts/${account.id}` }, body: account };
    },

    getAccount({ consumer, params, headers }) {
      const kept = book.account(nameOf(consumer), params.account_id);
      if (kept === undefined) throw noSuch('account');
      const tag = `"${kept.version}"`;
      const fields = { ETag: tag, 'Cache-Control': 'private, no-cache' };
      if (isNamed(tag, headers['if-none-match'])) return { status: 304, headers: fields };
      return { status: 200, headers: fields, body: kept.account };
    },

    listTransfers({ consumer, params, query: { limit, cursor } }) {
      const owner = nameOf(consumer);
      if (book.account(owner, params.account_id) === undefined) throw noSuch('account');
      if (cursor !== undefined && book.transfer(owner, cursor) === undefined) {
        const due = 'the `next` of a page before';
        throw refusal('wrong-value', { faults: [{ in: 'query', name: 'cursor', due }] });
      }
      const { items: transfers, next } = book.transfers(params.account_id, limit, cursor);
      return next === undefined ? { transfers } : { transfers, next };
    },

    createTransfer({ consumer, headers, body }) {
      if (body.from === body.to) throw wrongRecipient('another account than `from`', 'the same');
      const booking = whileFree(() => book.book(nameOf(consumer), headers['idempotency-key'], body));
      return answerTo(booking);
    },

    getTransfer({ consumer, params }) {
      const transfer = book.transfer(nameOf(consumer), params.transfer_id);
      if (transfer === undefined) throw noSuch('transfer');
      return transfer;
    },

    crash() {
      throw new Error('The drill: nobody caught this.');
    },

    // Nobody waits for it any longer once the deadline has come.
    hang: ({ signal }) => setTimeout(3_600_000, undefined, { signal }),
  };
}

function answerTo(booking: Booking) {
  const { kind } = booking;
  if (kind === 'booked') {
    const { transfer } = booking;
    return { status: 201, headers: { Location: `/transfers/${transfer.id}` }, body: transfer } as const;
  }
  if (kind === 'booked-before') return { status: 200, body: booking.transfer } as const;
  if (kind === 'other-currency') throw wrongRecipient(`an account in ${booking.due}`, `one in ${booking.is}`);
  if (kind === 'too-little') return conflict(kind, 'Too little money', 'The account does not hold that much.');
  if (kind === 'key-of-another') {
    return conflict(kind, 'A key of another transfer', 'This key was used for another transfer; make a new one.');
  }
  throw noSuch('account');
}

/** An answer that the contract lists and that Flick's catalogue has no reason for. */
function conflict(slug: string, title: string, detail: string) {
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' };
  return { status: 409, headers, body: { type: `urn:ledger:${slug}`, title, status: 409, detail } } as const;
}

function noSuch(what: 'account' | 'transfer'): HandlerRefusal {
  return refusal('unknown-resource', { detail: `You have no such ${what}.` });
}

function wrongRecipient(due: string, arrived: string): HandlerRefusal {
  return refusal('wrong-value', { faults: [{ in: 'body', pointer: '/to', due, arrived }] });
}

/** Runs what changes the book; a book that another process holds is a refusal to come back from. */
function whileFree<Result>(change: () => Result): Result {
  try {
    return change();
  } catch (error) {
    if (error instanceof BookBusy) throw refusal('overloaded', { headers: { 'Retry-After': 1 }, cause: error });
    throw error;
  }
}

/** Whether a field `If-None-Match` names the tag (RFC 9110, section 13.1.2). */
function isNamed(tag: string, field: string | undefined): boolean {
  const tags = field?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(tag) || tags.includes('*');
}

/** Who calls. Every operation that asks has a `security` in the contract. */
function nameOf(consumer: HandlerRequest['consumer']): string {
  if (consumer === undefined) throw new Error('the contract lets strangers in here');
  return consumer.subject;
}
