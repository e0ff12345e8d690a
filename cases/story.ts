import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { CodesSetting, Mode, SwitchSettings, UnknownMembers } from '@flick/contract';
import type { CorsPolicy, DeciderOptions, Limit } from '@flick/decide';
import { parse } from 'yaml';
import { type TokenClaims, token } from './token.ts';

/** What a golden story may set; in the words of ContractSettings and DeciderOptions. */
interface StorySettings {
  readonly codes?: CodesSetting;
  readonly mode?: Mode;
  readonly unknownMembers?: UnknownMembers;
  readonly responses?: SwitchSettings['responses'];
  readonly operations?: Readonly<Record<string, SwitchSettings>>;
  readonly limits?: readonly Limit[];
  readonly limitHeaders?: DeciderOptions['limitHeaders'];
  /** A store that fails whenever it is asked; and what becomes of a request then. */
  readonly limitStore?: 'down';
  readonly limitStoreDown?: DeciderOptions['limitStoreDown'];
  readonly trustedProxies?: readonly string[];
  readonly cors?: CorsPolicy;
  readonly headerCount?: number;
  readonly bodyBytes?: number;
}

/** What the API behind the gate answers. */
export interface StoryUpstream {
  readonly status: number;
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** The answer that is due. Only what is named is compared. */
export interface Due {
  readonly status: number;
  /** The code before folding; the same as `status` where it is not named. */
  readonly precise?: number;
  readonly reason?: string;
  /** The id of the operation that answers. */
  readonly operation?: string;
  /** By lower-case name: the exact value, or a pattern between slashes. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Lower-case names of fields that must come, or must not. */
  readonly present?: readonly string[];
  readonly absent?: readonly string[];
  /** Each must be matched by an entry of `errors[]`, on the members that it names. */
  readonly errors?: readonly Readonly<Record<string, string>>[];
  readonly errorCount?: number;
  readonly body?: string;
  /** Text that must not be in the answer. */
  readonly bodyWithout?: string;
  /** Under observe: the reason that would have been, or `none`. */
  readonly observed?: string;
  /** `none` where nothing may reach the API; else what must have. */
  readonly upstream?:
    | 'none'
    | {
        readonly method?: string;
        readonly target?: string;
        readonly body?: string;
        readonly fields?: Readonly<Record<string, string>>;
        readonly present?: readonly string[];
        readonly absent?: readonly string[];
      };
}

/** One golden story: what is sent, and the answer due. Texts are read as one byte a character. */
export interface Story {
  /** The behaviour, as a sentence. */
  readonly name: string;
  /** Where it is asked for: an RFC section, a user's thread, a row of the fault matrix. */
  readonly whence: string;
  readonly contract: string;
  readonly settings: StorySettings;
  /** The requests in order; the answer to the last is the one due. */
  readonly requests: readonly Buffer[];
  readonly upstream: StoryUpstream;
  readonly over: readonly ('memory' | 'sockets')[];
  readonly due: Due;
}

/** A story as its file writes it: the request whole as `raw`, or in parts. */
interface Written {
  readonly name: string;
  readonly whence: string;
  readonly contract?: string;
  readonly settings?: StorySettings;
  readonly over?: Story['over'];
  readonly raw?: string;
  readonly request?: string;
  /** `%n` in a value is the number of the request, counted from 1. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: TokenClaims;
  /** In place of `token` in the last request. */
  readonly tokenLast?: TokenClaims;
  readonly tokenScheme?: string;
  readonly body?: string;
  readonly encode?: 'gzip';
  readonly deepBody?: number;
  readonly manyHeaders?: number;
  readonly longHeader?: number;
  readonly longTarget?: number;
  readonly repeat?: number;
  readonly upstream?: StoryUpstream;
  readonly due: Due;
}

/** A file of stories; `contract` and `settings` hold for all of them. */
interface WrittenFile {
  readonly about: string;
  readonly contract: string;
  readonly settings?: StorySettings;
  readonly stories: readonly Written[];
}

// A misspelt key would be a check that cannot fail.
const storyKeys = new Set(
  (
    'name whence contract settings over raw request headers token tokenLast tokenScheme body encode deepBody ' +
    'manyHeaders longHeader longTarget repeat upstream due'
  ).split(' '),
);
const dueKeys = new Set(
  'status precise reason operation fields present absent errors errorCount body bodyWithout observed upstream'.split(
    ' ',
  ),
);
const settingKeys = new Set(
  'codes mode unknownMembers responses operations limits limitHeaders limitStore limitStoreDown trustedProxies cors headerCount bodyBytes'.split(
    ' ',
  ),
);

function known(keys: object, allowed: ReadonlySet<string>, where: string): void {
  for (const key of Object.keys(keys)) if (!allowed.has(key)) throw new Error(`${where}: no such key: ${key}`);
}

/** The bytes of the `index`th request of a story, counted from 1. */
function bytesOf(story: Written, index: number, last: boolean): Buffer {
  if (story.raw !== undefined) return Buffer.from(story.raw, 'latin1');
  const [method, target] = (story.request ?? '').split(/ (.*)/s);
  if (!method || !target) throw new Error(`${story.name}: a request is a method and a target`);
  const long = story.longTarget ? `?x=${'a'.repeat(story.longTarget)}` : '';
  const lines = [`${method} ${target}${long} HTTP/1.1`, 'Host: library.test'];
  for (const [name, value] of Object.entries(story.headers ?? {})) {
    lines.push(`${name}: ${value.replace('%n', String(index))}`);
  }
  const claims = last ? (story.tokenLast ?? story.token) : story.token;
  if (claims) lines.push(`Authorization: ${story.tokenScheme ?? 'Bearer'} ${token(claims)}`);
  for (let i = 0; i < (story.manyHeaders ?? 0); i += 1) lines.push(`X-Filler-${i}: 1`);
  if (story.longHeader) lines.push(`X-Long: ${'a'.repeat(story.longHeader)}`);
  const text = story.deepBody ? '['.repeat(story.deepBody) + ']'.repeat(story.deepBody) : story.body;
  let body = Buffer.from(text ?? '', 'latin1');
  if (story.encode === 'gzip') body = gzipSync(body);
  if (text !== undefined) lines.push(`Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** Does something with each, one after the other, and gives the last result. */
export function inTurn<T, R>(each: readonly T[], work: (one: T) => Promise<R>): Promise<R | undefined> {
  return each.reduce<Promise<R | undefined>>((before, one) => before.then(() => work(one)), Promise.resolve(undefined));
}

/** Reads every story of `stories/`, file by file. Throws where one is not well written. */
export function readStories(): readonly { readonly about: string; readonly stories: readonly Story[] }[] {
  const folder = new URL('stories/', import.meta.url);
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      const { about, contract, settings, stories }: WrittenFile = parse(text);
      return {
        about,
        stories: stories.map((written): Story => {
          const where = `${file}: ${written.name}`;
          known(written, storyKeys, where);
          known(written.due, dueKeys, where);
          known({ ...settings, ...written.settings }, settingKeys, where);
          if (!written.whence) throw new Error(`${where}: no whence`);
          const times = written.repeat ?? 1;
          return {
            name: written.name,
            whence: written.whence,
            contract: written.contract ?? contract,
            settings: { ...settings, ...written.settings },
            requests: Array.from({ length: times }, (_, i) => bytesOf(written, i + 1, i + 1 === times)),
            upstream: written.upstream ?? { status: 200, fields: { 'Content-Type': 'application/json' }, body: '{}' },
            over: written.over ?? ['memory', 'sockets'],
            due: written.due,
          };
        }),
      };
    });
}
