import { relative } from 'node:path';
import type { ContractFault } from '@flick/contract';
import type { Gate, Handler } from '@flick/gate/gateway';
import {
  authority,
  closeVerifiers,
  describeFaults,
  keepVerifiers,
  type ServeFlags,
  type ServeSettings,
  unverifiedSchemes,
} from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import type { MemoryLimits } from '@flick/stores';
import { type FileWatch, watchFiles } from './file-watch.ts';
import { describeLoaded, faultsOf, type Loaded, load, refuseErrors, revisionOf } from './loaded.ts';
import type { RequestLog } from './request-log.ts';
import { say } from './say.ts';

/** What a server serves, renewed while it does. */
export interface Reloading {
  /** What requests that come now are judged by. */
  readonly current: Loaded;
  /** What answers them. */
  readonly handler: Handler;
  /** 1 for what the server started with; one more for each that replaced another. */
  readonly revision: number;
  /** How often something new was not taken, because it does not load or breaks what works. */
  readonly failures: number;
  /** Loads anew, whatever has changed; where that fails, what is served stays. One at a time; never rejects. */
  readonly reload: (why: string) => Promise<void>;
  readonly close: () => void;
}

/** What is renewed, and what of it stays for all revisions. */
export interface ReloadingOptions {
  readonly openapi: string | undefined;
  readonly flags: ServeFlags;
  readonly first: Loaded;
  readonly handler: Handler;
  /** Of `first`, and when its loading began. */
  readonly files: ReadonlySet<string>;
  readonly sinceMs: number;
  readonly limits: MemoryLimits;
  readonly gate: Gate;
  readonly log: RequestLog;
  /** Hears what is served from now on. */
  readonly onReload: (loaded: Loaded) => void;
}

/** Watches the files of what is served, where the settings say so, and replaces it when they change. */
export function createReloading(options: ReloadingOptions): Reloading {
  const { openapi, flags, limits, gate, log, onReload } = options;
  let { handler } = options;
  let current = options.first;
  let served = options.files;
  let revision = 1;
  let failures = 0;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let closed = false;
  let watch: FileWatch | undefined;

  const reloadNow = async (why: string): Promise<void> => {
    const files = new Set<string>();
    const sinceMs = Date.now();
    watch?.seen();
    let loaded: Loaded | undefined;
    try {
      loaded = load(openapi, flags, files);
      await compiled(loaded);
      if (closed) return;
      refuseWorse(loaded, current);
      replace(loaded);
      served = files;
      say(`reloaded (${why}): revision ${revision}: ${describeLoaded(current)}`);
    } catch (error) {
      if (loaded !== undefined) closeVerifiers(loaded.settings.verifiers);
      failures += 1;
      say(`not reloaded (${why}), revision ${revision} stays: ${reasonOf(error)}`);
      // Those of what is served, and those that may mend what is not.
      for (const file of served) files.add(file);
    }
    watch?.set(files, sinceMs);
  };

  /** Nothing in here waits: a request sees all of the one or all of the other. */
  const replace = (loaded: Loaded): void => {
    const former = current;
    const settings = keepFixed(loaded.settings, former.settings);
    const kept = {
      ...loaded,
      handlers: former.handlers,
      settings: { ...settings, verifiers: keepVerifiers(settings.verifiers, former.settings.verifiers) },
    };
    const made = revisionOf(kept, limits);
    const replaced = gate.replace(made, settings.tls);
    current = kept;
    ({ handler } = made);
    onReload(kept);
    revision += 1;
    former.warmUp.stop();
    log.setting = settings.log;
    tellNews(kept, former);
    const end = (): void => closeVerifiers(former.settings.verifiers, current.settings.verifiers);
    replaced.then(end, end);
  };

  const reload = (why: string): Promise<void> => {
    if (closed) return Promise.resolve();
    if (running === undefined) {
      running = reloadNow(why).finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running.then(() => {
      next = undefined;
      return reload(why);
    });
    return next;
  };

  if (options.first.settings.watch) {
    watch = watchFiles((paths) => reload(describeChange(paths)));
    watch.set(options.files, options.sinceMs);
  }

  return {
    get current() {
      return current;
    },
    get handler() {
      return handler;
    },
    get revision() {
      return revision;
    },
    get failures() {
      return failures;
    },
    reload,
    close() {
      closed = true;
      watch?.close();
      current.warmUp.stop();
    },
  };
}

/** Compiles all that a contract has to compile, between requests: what cannot be is to be known before it is served. */
function compiled({ warmUp }: Loaded): Promise<void> {
  return new Promise((resolve) => {
    warmUp.runInBackground(() => resolve());
  });
}

/**
 * Refuses a contract that breaks what works: with faults that the one that is served does not have. At a start they
 * would be reported and the rest served; here there is something better to serve.
 */
function refuseWorse(loaded: Loaded, { contract, warmUp }: Loaded): void {
  const errors = faultsOf(loaded).filter(isError);
  if (loaded.settings.strict) refuseErrors(errors);
  const known = new Set([...contract.faults, ...warmUp.faults].map(nameOf));
  const worse = errors.filter((fault) => !known.has(nameOf(fault)));
  if (worse.length > 0) throw new StartFault(describeFaults(worse));
}

function isError({ severity }: ContractFault): boolean {
  return severity === 'error';
}

/** What a fault is, wherever it has moved to. */
function nameOf({ file, pointer, message }: ContractFault): string {
  return `${file} ${pointer} ${message}`;
}

/** The settings as they can hold: what a process is given once stays as it was, and one line says so. */
function keepFixed(next: ServeSettings, former: ServeSettings): ServeSettings {
  const { listen, admin, records } = former;
  const isSame = {
    listen: authority(listen.host, listen.port) === authority(next.listen.host, next.listen.port),
    admin: JSON.stringify(admin) === JSON.stringify(next.admin),
    records: JSON.stringify(records) === JSON.stringify(next.records),
    tls: (former.tls === undefined) === (next.tls === undefined),
    handlers: former.handlers === next.handlers,
    watch: former.watch === next.watch,
  };
  for (const [name, same] of Object.entries(isSame)) {
    if (!same) say(`${name}: what is new holds from the next start on; what was set stays until then`);
  }
  const tls = former.tls && (next.tls ?? former.tls);
  const { handlers, watch } = former;
  const upstream = isSame.handlers ? next.upstream : former.upstream;
  return { ...next, listen, admin, records, tls, handlers, upstream, watch };
}

/** Says what is wrong with a contract, or unverified, that was not before. */
function tellNews(loaded: Loaded, former: Loaded): void {
  const known = new Set(faultsOf(former).map(nameOf));
  describeFaults(faultsOf(loaded).filter((fault) => !known.has(nameOf(fault)))).forEach(say);
  tellUnverified(loaded, unverifiedSchemes(former.contract, former.settings.verifiers));
  for (const [scheme, verifier] of loaded.settings.verifiers) {
    if (former.settings.verifiers.get(scheme) !== verifier) void verifier.warm?.();
  }
}

/** Says of each security scheme that nobody here verifies it, unless that is known. */
export function tellUnverified({ contract, settings }: Loaded, known: readonly string[] = []): void {
  for (const name of unverifiedSchemes(contract, settings.verifiers)) {
    if (!known.includes(name)) say(`${name}: presence and form only; the upstream verifies`);
  }
}

/** Which files have changed, as far as one line takes it. */
function describeChange([path = '', ...more]: readonly string[]): string {
  const near = relative('.', path);
  return `${near.startsWith('..') ? path : near}${more.length > 0 ? ` and ${more.length} more` : ''} changed`;
}

/** One line, whatever is wrong. */
function reasonOf(error: unknown): string {
  if (!(error instanceof StartFault)) return `failed within: ${error instanceof Error ? error.name : 'no error'}`;
  const [first = '', ...more] = error.lines;
  return more.length === 0 ? first : `${first} (and ${more.length} more)`;
}
