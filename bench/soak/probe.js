/**
 * Loaded before `flick serve` by the soak: says how much is on the heap after a collection, and how large every Map and
 * Set has become that ever grew beyond what a contract needs. So a cache that nobody bounds cannot hide.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Entries from which on a collection is watched: below, it is a table of something that does not grow. */
const watchedFrom = 1001;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** @typedef {{ place: string, collection: WeakRef<{ readonly size: number }>, most: number }} Watched */

/** @type {Watched[]} */
const watched = [];

/** @param {{ readonly size: number }} collection */
function watch(collection) {
  const frames = (new Error().stack ?? '').split('\n').slice(3);
  const frame = frames.find((line) => line.includes(root)) ?? frames[0] ?? '';
  const [, file = '', line = ''] = /(\/[^/):][^):]*):(\d+):\d+\)?$/.exec(frame) ?? [];
  const place = file.includes('/dist/start/') ? moduleAt(file, Number(line)) : file.replace(root, '');
  watched.push({ place, collection: new WeakRef(collection), most: watchedFrom });
}

/**
 * The module that a line of the bundle comes from: the bundler says so before each.
 *
 * @param {string} bundle
 * @param {number} line
 */
function moduleAt(bundle, line) {
  const above = readFileSync(bundle, 'utf8').split('\n').slice(0, line);
  return above.findLast((each) => each.startsWith('// packages/'))?.slice('// '.length) ?? bundle;
}

for (const [prototype, name] of /** @type {const} */ ([
  [Map.prototype, 'set'],
  [Set.prototype, 'add'],
])) {
  const own = Reflect.get(prototype, name);
  Reflect.set(
    prototype,
    name,
    /** @this {Map<unknown, unknown> & Set<unknown>} */
    function put(/** @type {unknown[]} */ ...entry) {
      const before = this.size;
      const self = Reflect.apply(own, this, entry);
      if (this.size !== before && this.size === watchedFrom) watch(this);
      return self;
    },
  );
}

/** The largest of a place counts: most caches throw a whole Map away and begin another. */
function collections() {
  /** @type {Record<string, number>} */
  const sizes = {};
  for (const each of watched) {
    const size = each.collection.deref()?.size ?? 0;
    each.most = Math.max(each.most, size);
    sizes[each.place] = Math.max(sizes[each.place] ?? 0, each.most);
  }
  for (let at = watched.length - 1; at >= 0; at -= 1) {
    const each = watched[at];
    if (each === undefined || each.collection.deref() !== undefined) continue;
    watched.splice(at, 1);
    // What is gone is remembered by one entry a place.
    const other = watched.find(({ place }) => place === each.place);
    if (other === undefined) watched.push({ ...each, collection: new WeakRef({ size: 0 }) });
    else other.most = Math.max(other.most, each.most);
  }
  return sizes;
}

process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  process.send?.({ heapUsed, external, arrayBuffers, rss, collections: collections() });
});
// The probe alone keeps nothing running.
process.channel?.unref();
