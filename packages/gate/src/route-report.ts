import type { Contract } from '@flick/contract';

/** A route that a framework has. */
export interface KnownRoute {
  readonly method: string;
  /** Its parameters written as `:name` or `{name}`. */
  readonly path: string;
}

/**
 * Says which operations of the contract a framework has no route for, and which of its routes no caller can get to, since
 * the contract does not know them. Routes that HEAD, OPTIONS or a wildcard make are not looked at.
 *
 * @param isWhole - whether all routes are known, so that one that is not there is missing
 */
export function reportRoutes(contract: Contract, routes: readonly KnownRoute[], isWhole: boolean): readonly string[] {
  const has = new Set(routes.map(({ method, path }) => `${method} ${shapeOf(path)}`));
  const wild = routes.filter(({ path }) => path.includes('*')).map(({ path }) => path.slice(0, path.indexOf('*')));
  const due = new Set<string>();
  const lines: string[] = [];
  for (const { id, method, path, templates } of contract.operations) {
    const keys = templates.map((template) => `${method} ${shapeOf(template)}`);
    for (const key of keys) due.add(key);
    const answeredElsewhere = method === 'HEAD' || method === 'OPTIONS' || !isWhole;
    const isThere =
      keys.some((key) => has.has(key)) || templates.some((one) => wild.some((head) => one.startsWith(head)));
    if (!answeredElsewhere && !isThere)
      lines.push(`${method} ${path}: the contract has the operation ${id}, and the app no route for it`);
  }
  for (const { method, path } of routes) {
    if (method === 'HEAD' || method === 'OPTIONS' || path.includes('*') || due.has(`${method} ${shapeOf(path)}`))
      continue;
    lines.push(
      `${method} ${path}: the app has this route, and the contract no operation for it; callers get 404 or 405`,
    );
  }
  return lines;
}

/** A path without the names of its parameters. */
function shapeOf(path: string): string {
  const shape = path.replaceAll(/:\w+(?:\([^)]*\))?|\{[^}]*\}/g, '{}');
  return shape.length > 1 && shape.endsWith('/') ? shape.slice(0, -1) : shape;
}
