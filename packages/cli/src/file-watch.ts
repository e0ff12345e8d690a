import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** How often files are looked at, unless looking takes long: then it takes a twentieth of the time. */
const lookMs = 250;
const shareOfTime = 20;
/** How long a file must stay as it is before it is taken: who writes it may not be done. */
const settleMs = 100;
/** A file that is gone may be about to be replaced. */
const looksWhereGone = 5;
/** A file that never stays as it is is taken all the same. */
const mostLooks = 20;

/** Looks at files until it is closed. */
export interface FileWatch {
  /**
   * Names the files to look at from now on.
   *
   * @param sinceMs - a file that was not looked at before counts as changed where it is younger; ms since the epoch
   */
  readonly set: (files: Iterable<string>, sinceMs: number) => void;
  /** All files are about to be read: only what changes from now on is told. */
  readonly seen: () => void;
  readonly close: () => void;
}

/**
 * Tells when files have changed, by looking at them: unlike events of the file system, that works with editors that
 * replace files, with links, folders that are mounted and disks of the network. Does not keep the process alive.
 *
 * @param onChange - hears the paths; nothing is looked at until its promise is settled. Must not reject
 */
export function watchFiles(onChange: (paths: readonly string[]) => Promise<void>): FileWatch {
  let stamps = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** Waits until what has changed stays as it is. */
  const settle = async (changed: ReadonlyMap<string, string>, looks: number): Promise<ReadonlyMap<string, string>> => {
    await new Promise((resolve) => {
      timer = setTimeout(resolve, settleMs).unref();
    });
    const further = await changes(changed);
    const settled = further.size === 0 && (looks >= looksWhereGone || ![...changed.values()].includes(gone));
    if (settled || looks >= mostLooks) return new Map([...changed, ...further]);
    return settle(new Map([...changed, ...further]), looks + 1);
  };

  /** Returns how long looking took, in ms. */
  const look = async (): Promise<number> => {
    const began = performance.now();
    const changed = await changes(stamps);
    const tookMs = performance.now() - began;
    if (changed.size === 0 || closed) return tookMs;
    const settled = await settle(changed, 1);
    // Others were read in the meantime.
    const news = [...settled].filter(([path, stamp]) => stamps.has(path) && stamps.get(path) !== stamp);
    for (const [path, stamp] of news) stamps.set(path, stamp);
    if (news.length > 0 && !closed) await onChange(news.map(([path]) => path));
    return tookMs;
  };

  const lookOn = (ms: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      void look().then((tookMs) => lookOn(Math.max(lookMs, tookMs * shareOfTime)));
    }, ms).unref();
  };
  lookOn(lookMs);

  return {
    set(files, sinceMs) {
      const next = new Map<string, string>();
      for (const path of files) next.set(path, stamps.get(path) ?? stampSince(path, sinceMs));
      stamps = next;
    },
    seen() {
      for (const path of stamps.keys()) stamps.set(path, stampSince(path, Number.POSITIVE_INFINITY));
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

const gone = 'gone';

/** Those of the files whose stamp is not the known one, with that of today. */
async function changes(known: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const changed = new Map<string, string>();
  for await (const [path, stamp] of stampsOf(known.keys())) {
    if (stamp !== known.get(path)) changed.set(path, stamp);
  }
  return changed;
}

/** The stamps of files, one after the other: the threads that look at them are also those that hash passwords. */
async function* stampsOf(paths: Iterable<string>): AsyncGenerator<readonly [path: string, stamp: string]> {
  for (const path of paths)
    yield stat(path, { bigint: true }).then(
      (state) => [path, describe(state)] as const,
      () => [path, gone] as const,
    );
}

function stampSince(path: string, sinceMs: number): string {
  try {
    const state = statSync(path, { bigint: true });
    return Number(state.ctimeNs / 1_000_000n) > sinceMs ? 'younger' : describe(state);
  } catch {
    return gone;
  }
}

function describe({ mtimeNs, ctimeNs, ino, size }: BigIntStats): string {
  return `${mtimeNs} ${ctimeNs} ${ino} ${size}`;
}
