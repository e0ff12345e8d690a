import { didYouMean } from '@flick/contract';
import { StartFault } from '@flick/settings/start-fault';

/** Options of curl that say something of the request, by their long names; the letter where they have one. */
const meant = {
  request: 'X',
  header: 'H',
  data: 'd',
  'data-ascii': '',
  'data-raw': '',
  'data-binary': '',
  'data-urlencode': '',
  json: '',
  form: 'F',
  'form-string': '',
  user: 'u',
  'oauth2-bearer': '',
  cookie: 'b',
  'user-agent': 'A',
  referer: 'e',
  range: 'r',
  'upload-file': 'T',
  url: '',
  'url-query': '',
} as const;

const meantAlone = { get: 'G', head: 'I', compressed: '', 'path-as-is': '', 'http1.0': '0' } as const;

// Where the answer goes, how the connection is made, how patient curl is: nothing of it changes what is asked.
const ignored: Readonly<Record<string, string>> = {
  output: 'o',
  'write-out': 'w',
  'max-time': 'm',
  'connect-timeout': '',
  retry: '',
  'retry-delay': '',
  'retry-max-time': '',
  cacert: '',
  capath: '',
  cert: 'E',
  key: '',
  proxy: 'x',
  'cookie-jar': 'c',
  'dump-header': 'D',
  resolve: '',
  'connect-to': '',
  interface: '',
  'limit-rate': '',
  'max-redirs': '',
  'max-filesize': '',
  'keepalive-time': '',
  stderr: '',
  trace: '',
  'trace-ascii': '',
  ciphers: '',
  'tls-max': '',
  noproxy: '',
  'unix-socket': '',
};

const ignoredAlone: Readonly<Record<string, string>> = {
  silent: 's',
  'show-error': 'S',
  include: 'i',
  insecure: 'k',
  location: 'L',
  verbose: 'v',
  fail: 'f',
  'fail-with-body': '',
  globoff: 'g',
  'no-buffer': 'N',
  'progress-bar': '#',
  'remote-name': 'O',
  'remote-header-name': 'J',
  ipv4: '4',
  ipv6: '6',
  disable: 'q',
  'http1.1': '',
  http2: '',
  'http2-prior-knowledge': '',
  http3: '',
  'tlsv1.2': '',
  'tlsv1.3': '',
  'location-trusted': '',
  'no-progress-meter': '',
  'no-keepalive': '',
  'ssl-no-revoke': '',
  'create-dirs': '',
  'tcp-nodelay': '',
  'retry-all-errors': '',
  parallel: 'Z',
};

/** The long name of an option that `explain` heeds. */
type CurlOptionName = keyof typeof meant | keyof typeof meantAlone;

/** One option of a curl command; without a value where it takes none. */
export interface CurlOption {
  readonly name: CurlOptionName;
  readonly value: string;
}

const withValue: Readonly<Record<string, string>> = { ...meant, ...ignored };
const alone: Readonly<Record<string, string>> = { ...meantAlone, ...ignoredAlone };
const nameOfLetter = new Map(
  [...Object.entries(withValue), ...Object.entries(alone)]
    .filter(([, letter]) => letter !== '')
    .map(([n, l]) => [l, n]),
);

function isMeant(name: string): name is CurlOptionName {
  return name in meant || name in meantAlone;
}

/** What one word of a command line says: options in order, and whether the last takes the next word as its value. */
interface OptionWord {
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly wantsValue: boolean;
}

function readOptionWord(word: string): OptionWord | undefined {
  if (!word.startsWith('-') || word === '-') return undefined;
  if (word.startsWith('--')) {
    const name = word.slice(2);
    return { options: [[name, '']], wantsValue: Object.hasOwn(withValue, name) };
  }
  const options: (readonly [string, string])[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    const name = nameOfLetter.get(letter) ?? letter;
    if (Object.hasOwn(withValue, name)) {
      options.push([name, word.slice(at + 1)]);
      return { options, wantsValue: at + 1 === word.length };
    }
    options.push([name, '']);
  }
  return { options, wantsValue: false };
}

/** Whether the word after this one belongs to it. */
export function takesValue(word: string): boolean {
  return readOptionWord(word)?.wantsValue ?? false;
}

/**
 * Reads the words of a curl command into options and what is left, which are URLs.
 *
 * @throws StartFault where an option is not known, or lacks its value
 */
export function readCurlOptions(words: readonly string[]): {
  readonly options: readonly CurlOption[];
  readonly urls: readonly string[];
} {
  const options: CurlOption[] = [];
  const urls: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const read = readOptionWord(word);
    if (read === undefined) {
      urls.push(word);
      continue;
    }
    for (const [index, [name, inline]] of read.options.entries()) {
      const takesNext = read.wantsValue && index === read.options.length - 1;
      const value = takesNext ? words[(at += 1)] : inline;
      if (value === undefined) throw new StartFault(`curl's ${word} lacks its value`);
      if (isMeant(name)) options.push({ name, value });
      else if (!Object.hasOwn(ignored, name) && !Object.hasOwn(ignoredAlone, name)) throw unknownOption(word, name);
    }
  }
  return { options, urls };
}

function unknownOption(word: string, name: string): StartFault {
  const flag = word.startsWith('--') ? word : `-${name}`;
  const near = didYouMean(
    flag,
    [...Object.keys(withValue), ...Object.keys(alone)].map((known) => `--${known}`),
  );
  return new StartFault(
    `explain does not know curl's ${flag}${near || '; leave it out where it changes nothing of the request'}`,
  );
}
