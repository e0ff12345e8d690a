import type { Charge, LimitStore } from '@flick/decide';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';

/** A store under test and the time that it lives in. */
export interface LimitStoreStage {
  readonly store: LimitStore;
  readonly nowMs: () => number;
  /** Lets time pass: by turning a clock, or by waiting. */
  readonly advance: (ms: number) => void | Promise<void>;
}

const WINDOW_MS = 1000;

function chargeOf(key: string, requests: number, windowMs = WINDOW_MS): Charge {
  return { key, requests, windowMs };
}

/** Does one thing after the other, each once the one before is done. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  action: (item: Item) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  await items.reduce(async (before, item) => {
    await before;
    results.push(await action(item));
  }, Promise.resolve());
  return results;
}

/** What every store of limits owes the ladder. `stage` makes an empty store; `runs` bounds the property test. */
export function describeLimitStore(
  name: string,
  stage: () => LimitStoreStage | Promise<LimitStoreStage>,
  runs = 300,
): void {
  describe(`${name}, as any store of limits`, () => {
    let at: LimitStoreStage;
    const charge = (...charges: readonly Charge[]) => at.store.charge(charges, at.nowMs());

    beforeEach(async () => {
      at = await stage();
    });

    test('a window takes exactly as many requests as its limit', async () => {
      const balances = await inTurn([1, 2, 3, 4, 5, 6, 7], () => charge(chargeOf('accounts|consumer|alice', 5)));
      expect(balances.map(([balance]) => balance?.remaining)).toEqual([4, 3, 2, 1, 0, 0, 0]);
      expect(balances.map(([balance]) => balance?.allowed)).toEqual([true, true, true, true, true, false, false]);
    });

    test('a key has its whole limit again once its window has ended', async () => {
      await charge(chargeOf('a|b|c', 1));
      expect((await charge(chargeOf('a|b|c', 1)))[0]?.allowed).toBe(false);
      await at.advance(WINDOW_MS);
      expect((await charge(chargeOf('a|b|c', 1)))[0]?.allowed).toBe(true);
      expect((await charge(chargeOf('a|b|c', 1)))[0]?.allowed).toBe(false);
    });

    test('refused requests do not put off the end of the window', async () => {
      await charge(chargeOf('a|b|c', 1));
      await at.advance(WINDOW_MS * 0.9);
      expect((await charge(chargeOf('a|b|c', 1)))[0]?.allowed).toBe(false);
      await at.advance(WINDOW_MS * 0.1);
      expect((await charge(chargeOf('a|b|c', 1)))[0]?.allowed).toBe(true);
    });

    test('a key that is used up leaves others alone', async () => {
      await charge(chargeOf('a|consumer|alice', 1));
      expect((await charge(chargeOf('a|consumer|alice', 1)))[0]?.allowed).toBe(false);
      expect((await charge(chargeOf('a|consumer|bob', 1)))[0]?.allowed).toBe(true);
      expect((await charge(chargeOf('b|consumer|alice', 1)))[0]?.allowed).toBe(true);
    });

    test('names of prototype members are keys like any other', async () => {
      await inTurn(['__proto__', 'constructor', 'toString', '', 'a|__proto__|'], async (key) => {
        expect((await charge(chargeOf(key, 1)))[0]?.allowed).toBe(true);
        expect((await charge(chargeOf(key, 1)))[0]?.allowed).toBe(false);
      });
    });

    test('charges all limits of a request, or none where one does not fit', async () => {
      const wide = chargeOf('wide|all|', 10);
      const tight = chargeOf('tight|all|', 1);
      expect(await charge(wide, tight)).toMatchObject([
        { allowed: true, remaining: 9 },
        { allowed: true, remaining: 0 },
      ]);
      expect(await charge(wide, tight)).toMatchObject([
        { allowed: true, remaining: 9 },
        { allowed: false, remaining: 0 },
      ]);
      expect((await charge(wide))[0]).toMatchObject({ remaining: 8 });
    });

    test('a refused request opens no window', async () => {
      await charge(chargeOf('tight|all|', 1));
      const [fresh] = await charge(chargeOf('fresh|all|', 5), chargeOf('tight|all|', 1));
      expect(fresh).toMatchObject({ allowed: true, remaining: 5, resetMs: WINDOW_MS });
    });

    test('a limit of no requests takes none', async () => {
      expect((await charge(chargeOf('a|b|c', 0)))[0]).toMatchObject({ allowed: false, remaining: 0 });
    });

    test('nothing to charge gives no balance', async () => {
      expect(await charge()).toEqual([]);
    });

    test('of requests at the same time, exactly as many as the limit pass', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, async () => charge(chargeOf('a|b|c', 20))));
      expect(answers.filter(([balance]) => balance?.allowed)).toHaveLength(20);
    });

    test('what is refunded can be charged again, and was never charged where it was all', async () => {
      const due = chargeOf('a|b|c', 2);
      const since = at.nowMs();
      await charge(due);
      await charge(due);
      expect((await charge(due))[0]?.allowed).toBe(false);
      await at.store.refund(due, since);
      expect((await charge(due))[0]).toMatchObject({ allowed: true, remaining: 0 });
      await at.store.refund(due, since);
      await at.store.refund(due, since);
      await at.advance(WINDOW_MS / 2);
      expect((await charge(due))[0]).toMatchObject({ remaining: 1, resetMs: WINDOW_MS });
    });

    test('a window that has begun since gives nothing back', async () => {
      const due = chargeOf('a|b|c', 2);
      const since = at.nowMs();
      await charge(due);
      await at.advance(WINDOW_MS);
      await charge(due);
      await at.store.refund(due, since);
      expect((await charge(due))[0]?.remaining).toBe(0);
      await at.store.refund(chargeOf('nobody|b|c', 2), since);
    });

    test('a clock that steps back holds no key longer than its window', async () => {
      const far = at.nowMs() + 3_600_000;
      await at.store.charge([chargeOf('a|b|c', 1)], far);
      const [balance] = await charge(chargeOf('a|b|c', 1));
      expect(balance?.resetMs).toBeLessThanOrEqual(WINDOW_MS);
      await at.advance(WINDOW_MS);
      expect((await charge(chargeOf('a|b|c', 1)))[0]?.allowed).toBe(true);
    });

    test('agrees with a plain model, whatever is charged in whatever order', async () => {
      const limits = [
        { requests: 1, windowMs: 40 },
        { requests: 3, windowMs: 100 },
        { requests: 5, windowMs: 10 },
      ];
      const step = fc.record({
        waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
        who: fc.integer({ min: 0, max: 2 }),
        limits: fc.uniqueArray(fc.nat({ max: limits.length - 1 }), { maxLength: limits.length }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          at = await stage();
          const model = new Map<string, { startMs: number; used: number }>();
          await inTurn(steps, async ({ waitMs, who, limits: chosen }) => {
            await at.advance(waitMs);
            const nowMs = at.nowMs();
            const charges = limits
              .filter((_, index) => chosen.includes(index))
              .map((limit): Charge => chargeOf(`${limit.windowMs}|by|${who}`, limit.requests, limit.windowMs));
            const balances = await at.store.charge(charges, nowMs);
            const due = charges.map(({ key, requests, windowMs }) => {
              const window = model.get(key);
              const isOpen = window !== undefined && nowMs - window.startMs < windowMs;
              const { startMs, used } = isOpen ? window : { startMs: nowMs, used: 0 };
              return { key, requests, windowMs, startMs, used, allowed: used < requests };
            });
            const charged = due.every(({ allowed }) => allowed) ? 1 : 0;
            if (charged === 1) for (const { key, startMs, used } of due) model.set(key, { startMs, used: used + 1 });
            expect(balances).toEqual(
              due.map(({ requests, windowMs, startMs, used, allowed }) => ({
                allowed,
                remaining: requests - used - charged,
                resetMs: startMs + windowMs - nowMs,
              })),
            );
          });
        }),
        { numRuns: runs },
      );
    });
  });
}
