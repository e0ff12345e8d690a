import { createHash, randomInt } from 'node:crypto';
import Database from 'libsql';
import type { Account, NewTransfer, Transfer } from './operations.ts';

// Double entry: a transfer has two entries whose sum is zero, and a balance is the sum of an account's entries. The
// trigger alone writes balances, so that they cannot part from the entries; the check keeps them above zero, but for the
// accounts of the ledger itself, from which play money comes.
const schema = `
  CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, password TEXT NOT NULL, joined TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, owner TEXT REFERENCES users (name), name TEXT NOT NULL, currency TEXT NOT NULL,
    opened TEXT NOT NULL, balance INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0,
    CHECK (balance >= 0 OR owner IS NULL)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS accounts_of ON accounts (owner, id);
  CREATE TABLE IF NOT EXISTS transfers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reference TEXT, created TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS entries (
    account TEXT NOT NULL REFERENCES accounts (id), transfer INTEGER NOT NULL REFERENCES transfers (number),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (account, transfer)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_of ON entries (transfer);
  CREATE TABLE IF NOT EXISTS keys (
    owner TEXT NOT NULL REFERENCES users (name), key TEXT NOT NULL, request TEXT NOT NULL,
    transfer INTEGER NOT NULL UNIQUE REFERENCES transfers (number),
    PRIMARY KEY (owner, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS keep_balance AFTER INSERT ON entries BEGIN
    UPDATE accounts SET balance = balance + NEW.amount, version = version + 1 WHERE id = NEW.account;
  END;
`;

const selectAccount = 'SELECT id, name, currency, balance, opened, version FROM accounts';

const selectTransfer = `
  SELECT number, transfers.id, debit.account AS sender, credit.account AS recipient, credit.amount, reference, created
  FROM transfers
  JOIN entries AS debit ON debit.transfer = number AND debit.amount < 0
  JOIN entries AS credit ON credit.transfer = number AND credit.amount > 0`;

interface AccountRow extends Account {
  readonly version: number;
}

interface TransferRow {
  readonly number: number;
  readonly id: string;
  readonly sender: string;
  readonly recipient: string;
  readonly amount: number;
  readonly reference: string | null;
  readonly created: string;
}

/** An account, and which state of it this is: each entry makes another. */
export interface KeptAccount {
  readonly account: Account;
  readonly version: number;
}

/** What became of a transfer that was asked for. */
export type Booking =
  | { readonly kind: 'booked' | 'booked-before'; readonly transfer: Transfer }
  | { readonly kind: 'key-of-another' | 'no-sender' | 'no-recipient' | 'too-little' }
  | { readonly kind: 'other-currency'; readonly due: string; readonly is: string };

/** A page of a list, and where the next begins; undefined on the last. */
export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | undefined;
}

/** Another process writes to the file, and did not end in time. Nothing was changed. */
export class BookBusy extends Error {
  override readonly name = 'BookBusy';
}

/** How long one transaction of another process is waited for. Everybody waits meanwhile. */
const busyMs = 100;

/** The ledger's book: people, accounts, transfers, in one SQLite file. What a method returned is on the disk. */
export class Book {
  readonly #database: Database.Database;

  /** @param path - a file, which is made where there is none; `:memory:` for none */
  constructor(path: string) {
    this.#database = new Database(path, { timeout: busyMs });
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    this.#database.exec(schema);
  }

  /** Adds a user. False where somebody has the name. */
  addUser(name: string, password: string): boolean {
    return this.#inTransaction(() => {
      const { changes } = this.#run('INSERT INTO users VALUES (?, ?, ?) ON CONFLICT DO NOTHING', name, password, now());
      return changes > 0;
    });
  }

  /** The hash of a user's password; undefined where there is no such user. */
  passwordOf(name: string): string | undefined {
    return this.#rows<{ password: string }>('SELECT password FROM users WHERE name = ?', name)[0]?.password;
  }

  /** Opens an account; play money to begin with comes from the ledger's own account. */
  openAccount(owner: string, name: string, currency: Account['currency'], deposit: number): Account {
    return this.#inTransaction(() => {
      const id = newId('acc');
      const insert = 'INSERT INTO accounts (id, owner, name, currency, opened) VALUES (?, ?, ?, ?, ?)';
      this.#run(insert, id, owner, name, currency, now());
      if (deposit > 0) {
        const own = `acc_bank${currency.toLowerCase()}0`;
        this.#run(`${insert} ON CONFLICT DO NOTHING`, own, null, 'Play money', currency, now());
        this.#enter({ from: own, to: id, amount: deposit, reference: 'Deposit' });
      }
      const opened = this.account(owner, id);
      if (opened === undefined) throw new Error(`${id} was opened and is not there`);
      return opened.account;
    });
  }

  /** The account of an owner. */
  account(owner: string, id: string): KeptAccount | undefined {
    const [row] = this.#rows<AccountRow>(`${selectAccount} WHERE id = ? AND owner = ?`, id, owner);
    if (row === undefined) return undefined;
    return { account: accountOf(row), version: row.version };
  }

  /** The accounts of an owner, by id, from behind the cursor on. */
  accounts(owner: string, limit: number, cursor = '', currencies?: readonly string[]): Page<Account> {
    const rows = this.#rows<AccountRow>(
      `${selectAccount} WHERE owner = ? AND id > ?
       AND (? IS NULL OR currency IN (SELECT value FROM json_each(?))) ORDER BY id LIMIT ?`,
      owner,
      cursor,
      ...Array<string | null>(2).fill(currencies === undefined ? null : JSON.stringify(currencies)),
      limit + 1,
    );
    return pageOf(rows.map(accountOf), limit);
  }

  /** The transfer, where one of its accounts is the owner's. */
  transfer(owner: string, id: string): Transfer | undefined {
    const [row] = this.#rows<TransferRow>(
      `${selectTransfer} WHERE transfers.id = ?
       AND EXISTS (SELECT 1 FROM accounts WHERE owner = ? AND accounts.id IN (debit.account, credit.account))`,
      id,
      owner,
    );
    return row && transferOf(row);
  }

  /** The transfers from and to an account, the latest first, from before the cursor on. */
  transfers(account: string, limit: number, cursor?: string): Page<Transfer> {
    const rows = this.#rows<TransferRow>(
      `${selectTransfer} WHERE ? IN (debit.account, credit.account)
       AND number IN (SELECT transfer FROM entries WHERE account = ?)
       AND (? IS NULL OR number < (SELECT number FROM transfers WHERE id = ?)) ORDER BY number DESC LIMIT ?`,
      account,
      account,
      cursor ?? null,
      cursor ?? null,
      limit + 1,
    );
    return pageOf(rows.map(transferOf), limit);
  }

  /**
   * Books a transfer, once for each key of an owner: looks, moves the money and notes the key in one transaction.
   *
   * @param key - of the owner's; the same transfer with the same key is the one that was booked before
   */
  book(owner: string, key: string, wanted: NewTransfer): Booking {
    const { from, to, amount, reference = null } = wanted;
    const request = createHash('sha256')
      .update(JSON.stringify([from, to, amount, reference]))
      .digest('base64url');
    return this.#inTransaction((): Booking => {
      const [earlier] = this.#rows<TransferRow & { readonly request: string }>(
        `SELECT keys.request, made.* FROM keys JOIN (${selectTransfer}) AS made ON made.number = keys.transfer
         WHERE keys.owner = ? AND keys.key = ?`,
        owner,
        key,
      );
      if (earlier !== undefined) {
        if (earlier.request !== request) return { kind: 'key-of-another' };
        return { kind: 'booked-before', transfer: transferOf(earlier) };
      }
      const sender = this.account(owner, from)?.account;
      const [recipient] = this.#rows<AccountRow>(`${selectAccount} WHERE id = ? AND owner IS NOT NULL`, to);
      if (sender === undefined) return { kind: 'no-sender' };
      if (recipient === undefined) return { kind: 'no-recipient' };
      if (sender.currency !== recipient.currency) {
        return { kind: 'other-currency', due: sender.currency, is: recipient.currency };
      }
      if (sender.balance < amount) return { kind: 'too-little' };
      const { number, transfer } = this.#enter(wanted);
      this.#run('INSERT INTO keys VALUES (?, ?, ?, ?)', owner, key, request, number);
      return { kind: 'booked', transfer };
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Makes both entries of a transfer. Within a transaction. */
  #enter({ from, to, amount, reference }: NewTransfer): { readonly number: number; readonly transfer: Transfer } {
    const insert = 'INSERT INTO transfers (id, reference, created) VALUES (?, ?, ?)';
    const id = newId('trf');
    const created = now();
    const number = Number(this.#run(insert, id, reference ?? null, created).lastInsertRowid);
    this.#run('INSERT INTO entries VALUES (?, ?, ?)', from, number, -amount);
    this.#run('INSERT INTO entries VALUES (?, ?, ?)', to, number, amount);
    const row = { number, id, sender: from, recipient: to, amount, reference: reference ?? null, created };
    return { number, transfer: transferOf(row) };
  }

  #run(sql: string, ...values: readonly unknown[]): Database.RunResult {
    return this.#database.prepare(sql).run(...values);
  }

  #rows<Row extends object>(sql: string, ...values: readonly unknown[]): Row[] {
    const rows = this.#database.prepare(sql).all(...values);
    if (!areRows<Row>(rows)) throw new TypeError('the book gives what are no rows');
    return rows;
  }

  /** Does all of an action or none of it. Nobody else writes meanwhile, in this process or another. */
  #inTransaction<Result>(action: () => Result): Result {
    this.#begin();
    try {
      const result = action();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #begin(): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) {
        throw new BookBusy('another process writes to the ledger', { cause: error });
      }
      throw error;
    }
  }
}

/** The schema is STRICT: a row is what the columns that were asked for say. */
function areRows<Row extends object>(rows: unknown[]): rows is Row[] {
  return rows.every((row) => typeof row === 'object' && row !== null);
}

function pageOf<Item extends { readonly id: string }>(found: readonly Item[], limit: number): Page<Item> {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? items.at(-1)?.id : undefined };
}

function accountOf({ id, name, currency, balance, opened }: AccountRow): Account {
  return { id, name, currency, balance, opened };
}

function transferOf({ id, sender, recipient, amount, reference, created }: TransferRow): Transfer {
  const transfer = { id, from: sender, to: recipient, amount, status: 'booked', created } as const;
  return reference === null ? transfer : { ...transfer, reference };
}

function newId(kind: 'acc' | 'trf'): string {
  return `${kind}_${Array.from({ length: 8 }, () => randomInt(36).toString(36)).join('')}`;
}

function now(): string {
  return new Date().toISOString();
}
