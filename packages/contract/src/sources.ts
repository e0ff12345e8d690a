import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SchemaNode } from '@flick/schema';
import { ContractError } from './contract-error.ts';
import { isModuleName } from './module-name.ts';
import type { Position } from './positions.ts';
import { type DocumentText, parseText } from './document-text.ts';
import { indexIds, type SchemaIds } from './schema-ids.ts';
import { fragmentOf, isMembers, memberOf, percentDecoded, pointerAt, pointerTokens } from './pointer.ts';

/** One file of a contract, or a document that was handed over without one. */
export interface SourceFile {
  /** Absolute, without fragment. */
  readonly uri: string;
  /** As the user named it; further files relative to the contract's folder. */
  readonly name: string;
  /** Where its relative refs start; absent where it may name no other files. */
  readonly folder: string | undefined;
  readonly path: string | undefined;
  readonly root: unknown;
  readonly text: string | undefined;
  /** Absent for a document that was handed over as an object. */
  readonly parsed: DocumentText | undefined;
  /** Lines and columns of pointers, where they were kept and the text was not. */
  readonly places?: (pointers: Iterable<string>) => ReadonlyMap<string, Position>;
}

/** A value of a document and where it stands. */
export interface Place {
  readonly file: SourceFile;
  readonly pointer: string;
  readonly value: unknown;
}

/** The member or item of a place; its value is `undefined` where there is none. */
export function placeAt(place: Place, key: string | number): Place {
  return { file: place.file, pointer: pointerAt(place.pointer, key), value: memberOf(place.value, key) };
}

/** The absolute location of a place: the file's URI and the pointer as its fragment. */
export function locationOf(place: Place): string {
  return `${place.file.uri}#${fragmentOf(place.pointer)}`;
}

// Enough for refs whose pointers lead through other refs; a circle of them ends here.
const maxHops = 100;

const remedy = 'copy it into the folder of the document and name it by a relative path';

/**
 * The files of a contract. `$ref` reaches files inside the folder of the first one, and nothing else: no network, no
 * absolute path, no way out by `..` or by a symbolic link.
 */
export class Sources {
  readonly #files = new Map<string, SourceFile>();
  /** Files by further URIs: those of symbolic links to them. */
  readonly #links = new Map<string, SourceFile>();
  readonly #ids = new Map<SourceFile, SchemaIds>();
  readonly #resources = new Map<string, Place>();
  /** Why a file cannot be read, by its URI: many refs may name it. */
  readonly #failures = new Map<string, string>();
  readonly #resolved = new Map<string, SchemaNode>();
  /** The real path of the folder that refs stay inside. */
  readonly #folder: string | undefined;
  #readsIds = false;
  /** No further file is read. */
  #isWhole = false;
  readonly root: SourceFile;

  private constructor(folder: string | undefined, open: (sources: Sources) => SourceFile) {
    this.#folder = folder;
    this.root = open(this);
  }

  /**
   * Opens a file, by its path.
   *
   * @throws ContractError
   */
  static open(path: string): Sources {
    if (isModuleName(path)) {
      const sentence =
        'is a module, and code is not run from here; name the document that it is made of, or import it in code';
      throw new ContractError(sentence, path);
    }
    let folder: string;
    let real: string;
    try {
      folder = realpathSync(dirname(resolve(path)));
      real = realpathSync(path);
    } catch (error) {
      throw new ContractError(unreadable(error), path);
    }
    return new Sources(folder, (sources) => sources.#read(real, path, folder));
  }

  /** Takes a document as text or as an object. `base` is the folder that its relative refs may reach. */
  static of(document: string | object, name: string, base: string | undefined): Sources {
    let folder: string | undefined;
    try {
      folder = base === undefined ? undefined : realpathSync(base);
    } catch (error) {
      throw new ContractError(unreadable(error), base ?? name);
    }
    const path = folder === undefined ? undefined : join(folder, basename(name));
    const uri = path === undefined ? `contract:/${encodeURIComponent(name)}` : pathToFileURL(path).href;
    const text = typeof document === 'string' ? withoutMark(document) : undefined;
    const parsed = text === undefined ? undefined : parseText(text, name);
    const root: unknown = parsed === undefined ? document : parsed.value;
    const file = { uri, name, folder, path: undefined, root, text, parsed };
    return new Sources(folder, (sources) => sources.#add(file));
  }

  /**
   * Takes files that were read before. Nothing else is read for them.
   *
   * @param links - files by the URIs of symbolic links to them
   */
  static kept(files: readonly [SourceFile, ...SourceFile[]], links: Iterable<readonly [string, SourceFile]>): Sources {
    const [root, ...further] = files;
    return new Sources(root.folder, (sources) => {
      sources.#add(root);
      for (const file of further) sources.#add(file);
      for (const [uri, file] of links) sources.#links.set(uri, file);
      sources.#isWhole = true;
      return root;
    });
  }

  /** Whether some schema of the files read so far may have an `$id` or an anchor. */
  get mayHaveIds(): boolean {
    return this.#ids.size > 0;
  }

  /** Whether some schema of the files read so far has an anchor. */
  get hasAnchors(): boolean {
    return [...this.#ids.values()].some(({ anchors }) => anchors.size > 0);
  }

  /** The URIs of symbolic links that refs name, and where they lead. */
  get links(): ReadonlyMap<string, SourceFile> {
    return this.#links;
  }

  /** All files read so far, the document itself first. */
  get files(): readonly SourceFile[] {
    return [...this.#files.values()];
  }

  /** The paths of files that refs name and that could not be read. */
  get missing(): readonly string[] {
    return Array.from(this.#failures.keys(), (uri) => fileURLToPath(uri));
  }

  /** Has `$id` and `$anchor` read from now on: OpenAPI 3.1 and later know them, 3.0 does not. */
  readIds(): void {
    this.#readsIds = true;
    for (const file of this.files) this.#index(file);
  }

  /** Lets go of what only positions need. */
  release(): void {
    for (const file of this.files) file.parsed?.release();
  }

  /** The place that an absolute location names. */
  placeOf(location: string): Place | undefined {
    const hash = location.indexOf('#');
    const file = this.#files.get(hash === -1 ? location : location.slice(0, hash));
    if (file === undefined) return undefined;
    const pointer = hash === -1 ? '' : percentDecoded(location.slice(hash + 1));
    let value = file.root;
    for (const token of pointerTokens(pointer)) value = memberOf(value, token);
    return { file, pointer, value };
  }

  /** `resolve` for `@flick/schema`: what a `$ref`, read at an absolute location, points at. */
  readonly resolve = (ref: string, from: string): SchemaNode => {
    // Within a file whose schemas have no ids of their own, a ref means the same everywhere; it is asked for often.
    const isLocal = ref.startsWith('#') && this.#resources.size === 0;
    const key = isLocal ? from.slice(0, from.indexOf('#')) + ref : '';
    const known = isLocal ? this.#resolved.get(key) : undefined;
    if (known !== undefined) return known;
    const place = this.placeOf(from);
    if (place === undefined) throw new Error(`"${ref}" was read at "${from}", which is no place of this contract`);
    const target = this.follow(ref, place);
    const node = { schema: target.value, location: locationOf(target) };
    if (isLocal) this.#resolved.set(key, node);
    return node;
  };

  /**
   * Follows one `$ref`.
   *
   * @throws Error whose message names the ref and the mend
   */
  follow(ref: string, from: Place): Place {
    return this.#follow(ref, from, 0);
  }

  #follow(ref: string, from: Place, hops: number): Place {
    if (hops > maxHops) throw new Error(`$ref "${ref}" leads in a circle; point it at the thing itself`);
    const hash = ref.indexOf('#');
    const address = hash === -1 ? ref : ref.slice(0, hash);
    const fragment = hash === -1 ? '' : percentDecoded(ref.slice(hash + 1));
    const resource = this.#resourceOf(address, from);
    const start = resource ?? this.#rootOf(address, ref, from);
    if (fragment !== '' && !fragment.startsWith('/')) return this.#anchor(ref, fragment, start);
    const target = this.#walk(start, fragment, hops);
    if (target !== undefined) return target;
    // Many documents write pointers from the file's root below an `$id` that means nothing.
    const again = resource === undefined ? undefined : this.#walk(rootPlace(start.file), fragment, hops);
    if (again !== undefined) return again;
    throw new Error(`$ref "${ref}" points at nothing in ${start.file.name}; define it there, or mend the pointer`);
  }

  /** The schema resource (JSON Schema, `$id`) that an address names, where the documents at hand have it. */
  #resourceOf(address: string, from: Place): Place | undefined {
    if (this.#resources.size === 0) return undefined;
    const base = this.#ids.get(from.file)?.baseOf(from.pointer) ?? from.file.uri;
    if (address === '') return this.#resources.get(base);
    return URL.canParse(address, base) ? this.#resources.get(new URL(address, base).href) : undefined;
  }

  #rootOf(address: string, ref: string, from: Place): Place {
    if (address === '') return rootPlace(from.file);
    if (/^[a-z][a-z\d+.-]*:/i.test(address) || address.startsWith('//')) {
      throw new Error(`$ref "${ref}" names something outside the folder and was not fetched; ${remedy}`);
    }
    const { folder } = from.file;
    if (folder === undefined || this.#folder === undefined) {
      throw new Error(`$ref "${ref}" names another file, and this document has no folder; put all in one document`);
    }
    const path = percentDecoded(address);
    if (isAbsolute(path) || path.startsWith('\\')) {
      throw new Error(`$ref "${ref}" is an absolute path and was not read; ${remedy}`);
    }
    const target = resolve(folder, path);
    if (!this.#holds(target)) throw new Error(`$ref "${ref}" leads out of the folder and was not read; ${remedy}`);
    const uri = pathToFileURL(target).href;
    const known = this.#files.get(uri) ?? this.#links.get(uri);
    if (known !== undefined) return rootPlace(known);
    if (this.#isWhole) throw new Error(`$ref "${ref}" could not be read when the contract was compiled`);
    let failure = this.#failures.get(uri);
    if (failure === undefined) {
      try {
        const file = this.#load(target);
        if (file.uri !== uri) this.#links.set(uri, file);
        return rootPlace(file);
      } catch (error) {
        failure = error instanceof Error ? error.message : 'cannot be read';
        this.#failures.set(uri, failure);
      }
    }
    throw new Error(`$ref "${ref}" ${failure}`);
  }

  /** Reads a further file. The Error that it throws goes on from `$ref "..." `. */
  #load(target: string): SourceFile {
    let real: string;
    try {
      real = realpathSync(target);
    } catch (error) {
      throw new Error(unreadable(error), { cause: error });
    }
    if (!this.#holds(real)) {
      throw new Error(`is a symbolic link that leads out of the folder and was not read; ${remedy}`);
    }
    const known = this.#files.get(pathToFileURL(real).href);
    if (known !== undefined) return known;
    const name = relative(this.#folder ?? '', real)
      .split(sep)
      .join('/');
    try {
      return this.#read(real, name, dirname(real));
    } catch (error) {
      throw new Error(`cannot be read: ${error instanceof Error ? error.message : name}`, { cause: error });
    }
  }

  #holds(path: string): boolean {
    const way = relative(this.#folder ?? '', path);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }

  #read(real: string, name: string, folder: string): SourceFile {
    let bytes: Uint8Array;
    try {
      // A pipe or a device would be waited for without end.
      if (!statSync(real).isFile()) throw new ContractError('is not a file', name);
      bytes = readFileSync(real);
    } catch (error) {
      throw error instanceof ContractError ? error : new ContractError(unreadable(error), name);
    }
    let text: string;
    try {
      text = withoutMark(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw new ContractError('is not UTF-8 text; save it as UTF-8', name);
    }
    const parsed = parseText(text, name);
    const uri = pathToFileURL(real).href;
    return this.#add({ uri, name, folder, path: real, root: parsed.value, text, parsed });
  }

  #add(file: SourceFile): SourceFile {
    this.#files.set(file.uri, file);
    if (this.#readsIds) this.#index(file);
    return file;
  }

  #index(file: SourceFile): void {
    if (file.text !== undefined && !/\$(?:id|anchor|dynamicAnchor)\b/.test(file.text)) return;
    const ids = indexIds(file);
    this.#ids.set(file, ids);
    for (const [uri, place] of ids.resources) if (!this.#resources.has(uri)) this.#resources.set(uri, place);
  }

  #anchor(ref: string, name: string, start: Place): Place {
    const ids = this.#ids.get(start.file);
    const found = ids?.anchors.get(`${ids.baseOf(start.pointer)}#${name}`);
    if (found !== undefined) return found;
    throw new Error(
      `$ref "${ref}" names an anchor that is not there; write a pointer such as "#/components/schemas/…"`,
    );
  }

  /** Follows a pointer, and refs that stand in its way. */
  #walk(start: Place, pointer: string, hops: number): Place | undefined {
    let place = start;
    let hop = hops;
    for (const token of pointerTokens(pointer)) {
      let next = placeAt(place, token);
      while (next.value === undefined && isMembers(place.value) && typeof place.value['$ref'] === 'string') {
        hop += 1;
        place = this.#follow(place.value['$ref'], place, hop);
        next = placeAt(place, token);
      }
      if (next.value === undefined) return undefined;
      place = next;
    }
    return place;
  }
}

/** The whole of a file. */
export function rootPlace(file: SourceFile): Place {
  return { file, pointer: '', value: file.root };
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'names a file that is not there; mend the path';
  if (code === 'EACCES' || code === 'EPERM') return 'names a file that may not be read; mend its permissions';
  return `cannot be read (${typeof code === 'string' ? code : 'unknown error'})`;
}
