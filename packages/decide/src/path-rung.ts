import type { Contract, Mode, Operation } from '@flick/contract';
import type { Cors } from './cors.ts';
import { decodedReserved } from './path-text.ts';
import type { PathTree } from './path-tree.ts';
import { type Refuse, refused } from './refusal.ts';
import { passed, type Rung, type Walk } from './walk.ts';

// The methods that IANA registers, but for PRI, which is never sent as one.
const registered =
  'ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR ' +
  'MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY REBIND REPORT ' +
  'SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL';

/** The methods of the whole API, for `OPTIONS *`: sorted, without those of operations that hide theirs. */
export function methodsOf(operations: readonly Operation[]): readonly string[] {
  const methods = new Set(['OPTIONS']);
  for (const { method, switches } of operations) {
    if (switches.hideMethods) continue;
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
  }
  return [...methods].toSorted();
}

/**
 * The end of rung 2: does the path name one operation, whether or not a server decodes it before it routes? Stands
 * apart from the path rung because, like all that is ambiguous, it cannot go on to the API in any mode.
 */
export function compileOneReadingRung(tree: PathTree, refuse: Refuse): Rung {
  return ({ path, facts }) => {
    if (!path.includes('%')) return undefined;
    const decoded = decodedReserved(path);
    if (decoded === path || tree.find(path, facts.method, []) === tree.find(decoded, facts.method, []))
      return undefined;
    const detail = 'The path names another operation once its characters are decoded.';
    const due = 'a path that names one operation, decoded or not';
    const arrived = 'percent-encoded characters that make a difference';
    return refused(
      refuse(undefined, 'malformed-target', detail, {
        violations: [{ in: 'target', reason: 'malformed-target', due, arrived }],
      }),
    );
  };
}

/**
 * Rungs 3 and 4: is the path in the contract, and the method declared on it?
 *
 * OPTIONS that no operation declares is answered with Allow; under observe it goes on to the API like all else. A path
 * hides its methods where any of its operations does.
 *
 * A CORS preflight has no credentials, since browsers send none. Where the ladder gives leave, it is answered for every
 * path and method, so that the call which follows can be refused with its own code, and its page can read why. Where
 * the API does, it passes unjudged, as the operation that declares OPTIONS, else as none; like all that passes it may
 * be shed.
 */
export function compilePathRung(contract: Contract, tree: PathTree, cors: Cors, load: Rung, refuse: Refuse): Rung {
  const known = new Set([...registered.split(' '), ...contract.operations.map(({ method }) => method)]);
  const mode: Mode = contract.switches.mode;

  return (walk) => {
    const { path } = walk;
    const { method } = walk.facts;
    const values: string[] = [];
    if (method === 'OPTIONS' && isPreflight(walk)) {
      const shown = tree.methods(path);
      const asked = tree.find(path, walk.fields.get('access-control-request-method') ?? '', []);
      const methods = shown === undefined || shown.hidden ? [] : shown.allow;
      const fields = cors.preflight(walk, methods, asked?.operation);
      if (fields !== undefined) return { kind: 'answer', status: 204, fields };
    }
    const route = path === '*' ? undefined : tree.find(path, method, values);
    if (route !== undefined) {
      walk.operation = route.operation;
      walk.place = route.place;
      walk.pathNames = route.names;
      walk.pathValues = values;
      walk.pathJoints = route.joints;
      if (method !== 'OPTIONS' || !cors.isOfTheApi || !isPreflight(walk)) return undefined;
      walk.bodyPlan = walk.hasBody ? 'stream' : 'none';
      return load(walk) ?? passed;
    }
    const { allow } = walk;
    if (allow.length === 0) return refused(refuse(undefined, 'unknown-path', 'The API has no such path.'));
    if (method === 'OPTIONS' && (path === '*' || (cors.isOfTheApi && isPreflight(walk)) || mode === 'observe')) {
      if (path === '*') return { kind: 'answer', status: 204, fields: [['Allow', allow.join(', ')]] };
      walk.bodyPlan = walk.hasBody ? 'stream' : 'none';
      return load(walk) ?? passed;
    }
    if (tree.methods(path)?.hidden === true) {
      return refused(refuse(undefined, 'unknown-path', 'The API has no such path.'));
    }
    const fields = [['Allow', allow.join(', ')]] as const;
    if (method === 'OPTIONS') return { kind: 'answer', status: 204, fields };
    const reason = known.has(method) ? 'method-not-allowed' : 'unknown-method';
    return refused(refuse(undefined, reason, `The methods of this path are ${allow.join(', ')}.`, { fields }));
  };
}

/** A CORS preflight (Fetch standard): OPTIONS that asks for another method on behalf of an origin. */
function isPreflight({ fields }: Walk): boolean {
  return fields.has('origin') && fields.has('access-control-request-method');
}
