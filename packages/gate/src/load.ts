import type { Bound, Overload } from '@flick/decide';

/** How much a gate takes on before it sheds. */
export interface LoadBounds {
  /** Requests under way at once, those not counted whose client still sends a body that is checked. */
  readonly inFlight: number;
  /** How late the event loop may come to a request, in milliseconds. */
  readonly loopLagMs: number;
}

const defaults: LoadBounds = { inFlight: 1000, loopLagMs: 1000 };

/** Requests under way that are taken on however late the loop is: a machine that is busy otherwise refuses nobody. */
const fewest = 8;

/**
 * A turn of the event loop takes in one connection: where each turn also does work, a queue of connections waits for
 * longer than anybody here could know. After a turn of this many milliseconds that took one in, the loop turns without
 * work until no more come, for this many turns at most.
 */
const settleAfterMs = 2;
const settlingTurns = 512;

/** A request whose head is read. */
interface Waiting {
  /** Does nothing where the request is over already. */
  readonly begin: () => void;
}

/**
 * Knows whether a gate can take another request.
 *
 * Where requests themselves keep the processor busy, a clock that ticks behind them notices too late: one turn of the
 * event loop may take in hundreds. So each turn is timed as it goes, and takes in requests for half of the time that
 * the loop may be late: who arrives in the kernel meanwhile waits for the rest of this turn and for at most one more.
 * One long pause, such as that of a garbage collection, is forgiven, unless the turn before was late too.
 */
export class Load {
  #bounds = defaults;
  /** When the turn under way took in its first bytes; 0 between turns. */
  #turnMs = 0;
  #arrivedMs = 0;
  /** The longest time between two requests of this turn. */
  #pauseMs = 0;
  #wasLate = false;
  #lateMs = 0;
  /** Requests under way that a loop which is late still takes on. */
  #most = defaults.inFlight;
  #connected = false;
  /** Turns in which connections are taken in and requests wait; 0 where none do. */
  #settling = 0;
  #held: Waiting[] = [];
  readonly #endTurn = (): void => {
    const spentMs = performance.now() - this.#turnMs;
    const connected = this.#connected;
    this.#connected = false;
    if (this.#settling > 0) {
      if (connected && this.#settling < settlingTurns) {
        this.#settling += 1;
        setImmediate(this.#endTurn);
        return;
      }
      this.#release();
    } else if (connected && spentMs > settleAfterMs) {
      this.#wasLate = spentMs > this.#bounds.loopLagMs / 2;
      this.#settling = 1;
      this.#beginTurn(performance.now());
      return;
    }
    this.#wasLate = performance.now() - this.#turnMs > this.#bounds.loopLagMs / 2;
    this.#turnMs = 0;
  };
  /** Requests under way. */
  inFlight = 0;

  constructor(bounds: Partial<LoadBounds> = {}) {
    this.bound(bounds);
  }

  /** Changes the bounds. What is not named is by default. */
  bound(bounds: Partial<LoadBounds> = {}): void {
    this.#bounds = { ...defaults, ...bounds };
    this.#most = this.#bounds.inFlight;
  }

  /** The requests under way, as what is bounded. */
  get requests(): Bound {
    return { name: 'requests_in_flight', used: this.inFlight, limit: this.#bounds.inFlight };
  }

  /** How late the loop was when it was last looked at, in milliseconds. */
  get loopLagMs(): number {
    return this.#lateMs;
  }

  /** Hears of a new connection. */
  connected(): void {
    this.#connected = true;
    this.stir();
  }

  /** Begins a request: now, or when the connections that wait are taken in. */
  enter(request: Waiting): void {
    if (this.#settling > 0) this.#held.push(request);
    else request.begin();
  }

  #release(): void {
    this.#settling = 0;
    const held = this.#held;
    this.#held = [];
    for (const request of held) request.begin();
  }

  /** Hears of bytes: whatever the gate does in this turn of the loop follows. */
  stir(): void {
    if (this.#turnMs === 0) this.#beginTurn(performance.now());
  }

  #beginTurn(nowMs: number): void {
    this.#turnMs = nowMs;
    this.#arrivedMs = nowMs;
    this.#pauseMs = 0;
    setImmediate(this.#endTurn);
  }

  /**
   * What there is too much of for a request under way that wants to go on now.
   *
   * @param isFull - whether what would answer it can take no more
   */
  excess(nowMs: number, isFull: boolean): Overload | undefined {
    const isLate = this.#isLate(nowMs);
    if (isFull) return 'handler';
    if (this.inFlight > this.#bounds.inFlight) return 'in-flight';
    return isLate || this.inFlight > this.#most ? 'loop-lag' : undefined;
  }

  #isLate(nowMs: number): boolean {
    if (this.#turnMs === 0) {
      this.#beginTurn(nowMs);
      return false;
    }
    const pauseMs = nowMs - this.#arrivedMs;
    this.#arrivedMs = nowMs;
    if (pauseMs > this.#pauseMs) this.#pauseMs = pauseMs;
    const spentMs = nowMs - this.#turnMs;
    const sliceMs = this.#bounds.loopLagMs / 2;
    return spentMs > sliceMs && (this.#wasLate || spentMs - this.#pauseMs > sliceMs / 2);
  }

  /**
   * Hears how late a clock of the gate's own was. Finds what no turn shows that takes in requests: work that handlers do
   * after they have waited for something. Takes on half as many requests while the clock is late, and twice as many
   * again while it is not.
   */
  ticked(lateMs: number): void {
    const { inFlight, loopLagMs } = this.#bounds;
    // Twice in a row: one long pause sheds nobody.
    if (lateMs > loopLagMs && this.#lateMs > loopLagMs) {
      this.#most = Math.max(fewest, Math.floor(Math.min(this.#most, this.inFlight) / 2));
    } else if (lateMs < loopLagMs / 2) this.#most = Math.min(inFlight, 2 * this.#most);
    this.#lateMs = lateMs;
  }
}
