import { StartFault } from '@flick/settings/start-fault';
import { takesValue } from './curl-options.ts';
import { splitShellWords } from './shell-words.ts';

/** What `flick explain` was asked. */
export interface ExplainArguments {
  readonly json: boolean;
  readonly contract: string | undefined;
  readonly config: string | undefined;
  readonly records: string | undefined;
  readonly asked:
    | { readonly kind: 'id'; readonly id: string }
    /** The words of a curl command, without `curl`. */
    | { readonly kind: 'request'; readonly words: readonly string[] };
}

const usage =
  'name a request id, or give a request as to curl: `flick explain --contract openapi.yaml -X POST https://…`';

/**
 * Tells Flick's own flags from the request, whose flags are curl's. Where both have a flag, the word `curl` decides:
 * behind it, a flag is curl's. `--json` is curl's, too, where what follows can only be a body.
 *
 * @param given - the arguments after `flick explain`
 * @throws StartFault where something is missing
 */
export function readExplainArguments(given: readonly string[]): ExplainArguments {
  const words = given.flatMap(pasted);
  const own: { json: boolean; contract?: string; config?: string; records?: string } = { json: false };
  const request: string[] = [];
  let curl = false;
  let foreign = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, flag = '', inline] = /^(--[a-z]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === 'curl' && request.length === 0) curl = true;
    else if (isValueFlag(flag) && (!curl || flag === '--contract')) {
      const value = inline ?? words[(at += 1)];
      if (value === undefined || value === '') throw new StartFault(`${flag}: its value is missing`);
      own[flag === '--contract' ? 'contract' : flag === '--config' ? 'config' : 'records'] = value;
    } else if (word === '--json' && !curl && !isBody(words[at + 1])) own.json = true;
    else {
      request.push(word);
      foreign ||= word.startsWith('-') || word.includes('/');
      // Its value may look like anything, one of Flick's flags included.
      if (takesValue(word) && at + 1 < words.length) request.push(words[(at += 1)] ?? '');
    }
  }
  const shared = { json: own.json, contract: own.contract, config: own.config, records: own.records };
  const [only] = request;
  if (only === undefined) throw new StartFault(usage);
  if (!curl && !foreign && request.length === 1 && !/\s/.test(only) && own.contract === undefined) {
    return { ...shared, asked: { kind: 'id', id: only } };
  }
  return { ...shared, asked: { kind: 'request', words: request } };
}

/** A command line that was pasted whole, as one argument, in its words; any other argument as it is. */
function pasted(word: string): readonly string[] {
  return /^\s*curl\s/.test(word) ? splitShellWords(word) : [word];
}

function isValueFlag(flag: string): boolean {
  return flag === '--contract' || flag === '--config' || flag === '--records';
}

function isBody(word: string | undefined): boolean {
  return word !== undefined && /^\s*[{[@"]/.test(word);
}
