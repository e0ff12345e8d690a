import type { Socket } from 'node:net';
import type { Ending } from '@flick/decide';

// Finds a peer that is gone without a word before the time for silence is over.
const probeMs = 60_000;

/**
 * Raw bytes both ways between a client and the API, after a 101. Neither side is read faster than the other takes it;
 * the end of one side goes on to the other, which may still send; where one breaks, the other is cut.
 */
export class Tunnel {
  readonly #far: Socket;
  readonly #cut: (ending: Ending) => void;
  #nearEnded = false;
  #farEnded = false;
  // Since the last sweep.
  #hasMoved = true;
  #silentMs = 0;

  /**
   * @param near - the client's socket; its bytes come by {@link Tunnel.take}
   * @param far - the API's
   * @param cut - cuts the client's connection
   */
  constructor(near: Socket, far: Socket, cut: (ending: Ending) => void) {
    this.#far = far;
    this.#cut = cut;
    near.setKeepAlive(true, probeMs);
    far.allowHalfOpen = true;
    near.on('close', () => far.destroy());
    near.on('drain', () => far.resume());
    far.on('drain', () => near.resume());
    far.on('data', (chunk: Buffer) => {
      this.#hasMoved = true;
      if (!near.write(chunk)) far.pause();
    });
    far.on('end', () => {
      this.#farEnded = true;
      near.end();
    });
    // Without a listener, an error would end the process.
    far.on('error', () => {});
    far.on('close', () => {
      if (!this.isOver) cut('truncated');
    });
  }

  /** Whether both sides have ended, as they should. */
  get isOver(): boolean {
    return this.#nearEnded && this.#farEnded;
  }

  /** Takes in bytes of the client; false where no more should be read until its socket is resumed. */
  take(chunk: Buffer): boolean {
    this.#hasMoved = true;
    // What comes for an API that is gone has nowhere to go.
    return this.#far.destroyed || this.#far.write(chunk);
  }

  /** The client has ended its side. */
  takeEnd(): void {
    this.#nearEnded = true;
    this.#far.end();
  }

  /** Cuts a tunnel in which nothing has moved, either way, for as long as nothing may. */
  sweep(elapsedMs: number, longestMs: number): void {
    // What moved last may have moved just now.
    this.#silentMs = this.#hasMoved ? 0 : this.#silentMs + elapsedMs;
    this.#hasMoved = false;
    if (this.#silentMs >= longestMs) this.#cut('truncated');
  }
}
