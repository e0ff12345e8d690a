/** What the written file uses by these names itself. */
const taken = ['Operations', 'Readable', 'Buffer', 'Uint8Array', 'Record', 'WithRequired', 'Omit'];

/** Gives out names for types, each once. */
export class TypeNames {
  readonly #given = new Set(taken);

  /**
   * Gives the name nearest to a wanted one.
   *
   * @param words - an `operationId`, or what a schema is called
   * @param suffix - tried before a number is, where the name is taken
   */
  give(words: string, suffix: string): string {
    const plain = typeName(words);
    let name = plain;
    if (this.#given.has(name)) name = plain + suffix;
    for (let count = 2; this.#given.has(name); count += 1) name = `${plain}${suffix}${String(count)}`;
    this.#given.add(name);
    return name;
  }
}

/** `simple-user` as `SimpleUser`; letters of any script stay, as TypeScript takes them. */
function typeName(words: string): string {
  const name = words
    .split(/[^\p{ID_Continue}$]+|_+/u)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return /^[\p{ID_Start}$]/u.test(name) ? name : `Type${name}`;
}

const silent = new Set(['components', 'schemas', 'properties', 'definitions', '$defs', 'content', 'schema', 'paths']);

/** What a schema is called, by its place: `pet` of `#/components/schemas/pet`, `common` of `common.yaml`. */
export function wordsOf(location: string): string {
  const [file = '', pointer = ''] = location.split('#', 2);
  const tokens = pointer.split('/').filter((token) => token !== '' && !silent.has(token));
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\.(?:ya?ml|json)$/i, '');
  return decoded(tokens.length > 0 ? tokens.join(' ') : base);
}

function decoded(text: string): string {
  const plain = text.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
