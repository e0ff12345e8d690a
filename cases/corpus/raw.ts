/**
 * A document as it stands, read by few lines that share nothing with the code under test: they are what it is
 * compared with.
 */

/** A JSON object. */
export type Members = Readonly<Record<string, unknown>>;

/** One operation of a document, with the parts that a request for it is made of. */
export interface RawOperation {
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Members[];
  readonly body: Members | undefined;
  /** What the operation demands: any of these, all of those. */
  readonly security: readonly Members[];
  /** The path of the first server whose variables all have defaults; without a trailing slash. */
  readonly base: string;
}

/** What is known of a schema while values are made for it. */
export interface Dialect {
  readonly root: unknown;
  /** OpenAPI 3.0: what stands beside a `$ref` is ignored, null is a matter of `nullable`. */
  readonly isOld: boolean;
  /**
   * Whether `holds` errs on the side of yes: of `oneOf` several branches may hold, and of a format only what is plainly
   * something else breaks it. What does not hold then is wrong for sure.
   */
  readonly isLenient?: boolean;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Why nothing could be made for an operation; a class of its own in the report. */
export class Unsampled extends Error {}

/** Follows `$ref`s within the document. */
export function deref(value: unknown, { root }: Dialect): unknown {
  let found = value;
  for (let hops = 0; hops < 50 && isMembers(found) && typeof found['$ref'] === 'string'; hops += 1) {
    found = at(root, found['$ref']);
  }
  return found;
}

function at(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#')) throw new Unsampled('a $ref into another file');
  let found = root;
  for (const token of ref.slice(1).split('/').slice(1)) {
    if (isMembers(found) && typeof found['$ref'] === 'string') found = at(root, found['$ref']);
    const key = decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
    const holder: unknown = found;
    found = isMembers(holder) ? holder[key] : listOf(holder)[Number(key)];
  }
  if (found === undefined) throw new Unsampled('a $ref to nothing');
  return found;
}

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']);

/** Every operation of a document, in its order. */
export function operationsOf(
  dialect: Dialect,
): { readonly method: string; readonly path: string; readonly item: Members; readonly value: unknown }[] {
  const { root } = dialect;
  const paths = isMembers(root) ? root['paths'] : undefined;
  const found = [];
  for (const [path, entry] of Object.entries(isMembers(paths) ? paths : {})) {
    if (path.startsWith('x-')) continue;
    const item = deref(entry, dialect);
    if (!isMembers(item)) continue;
    for (const [key, value] of Object.entries(item)) {
      if (methods.has(key)) found.push({ method: key.toUpperCase(), path, item, value });
    }
  }
  return found;
}

/** Reads one operation's parts. */
export function readOperation(
  { method, path, item, value }: ReturnType<typeof operationsOf>[number],
  dialect: Dialect,
): RawOperation {
  const operation = isMembers(value) ? value : {};
  const root = isMembers(dialect.root) ? dialect.root : {};
  const parameters = new Map<string, Members>();
  for (const list of [item['parameters'], operation['parameters']]) {
    const own = new Map<string, Members>();
    for (const entry of listOf(list)) {
      const parameter = deref(entry, dialect);
      if (!isMembers(parameter)) continue;
      const where = String(parameter['in']);
      const name = String(parameter['name']);
      const key = `${where} ${where === 'header' ? name.toLowerCase() : name}`;
      if (!own.has(key)) own.set(key, parameter);
    }
    for (const [key, parameter] of own) parameters.set(key, parameter);
  }
  const body = deref(operation['requestBody'], dialect);
  const servers = operation['servers'] ?? item['servers'] ?? root['servers'];
  return {
    method,
    path,
    parameters: [...parameters.values()],
    body: isMembers(body) ? body : undefined,
    security: listOf(operation['security'] ?? root['security']).filter(isMembers),
    base: baseOf(servers),
  };
}

function baseOf(servers: unknown): string {
  for (const server of listOf(servers)) {
    if (!isMembers(server) || typeof server['url'] !== 'string') continue;
    const variables = isMembers(server['variables']) ? server['variables'] : {};
    const url = server['url'].replaceAll(/\{([^{}]*)\}/g, (text, name: string) => {
      const variable = variables[name];
      const value = isMembers(variable) ? variable['default'] : undefined;
      return typeof value === 'string' || typeof value === 'number' ? String(value) : text;
    });
    if (/[{}]/.test(url) || !URL.canParse(url, 'http://localhost/')) continue;
    return new URL(url, 'http://localhost/').pathname.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  }
  return '';
}
