import { existsSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type CodesSetting, type ContractSettings, didYouMean, type SwitchSettings } from '@flick/contract';
import type { CorsPolicy, Limit } from '@flick/decide';
import {
  isAddressRange,
  isOwnAddress,
  type ListenAddress,
  nearOrigin,
  readListenAddress,
  readOrigin,
} from './addresses.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { type Config, configSchema } from './config-schema.ts';
import { type RecordSetting, readRecordSetting } from './record-settings.ts';
import { readCors } from './cors-settings.ts';
import { readReference, referencesIn, resolveFrom } from './references.ts';
import { createSettingFaults, type SettingFaults } from './setting-faults.ts';
import { StartFault } from './start-fault.ts';
import { durationMs, sizeBytes } from './units.ts';
import { closeVerifiers, createVerifiers, type SchemeVerifier } from './verifiers.ts';

/** Flags of `flick serve`, as the command line gives them: text that nobody has checked. */
export interface ServeFlags {
  readonly config?: string;
  readonly upstream?: string;
  readonly handlers?: string;
  readonly listen?: string;
  readonly admin?: string;
  readonly mode?: string;
  readonly codes?: string;
  readonly basePath?: string;
  readonly log?: string;
  readonly records?: string;
  readonly strict?: boolean;
  readonly watch?: boolean;
}

/** Deadlines, in milliseconds. */
export interface Timeouts {
  /** From a request's first byte to the end of its head. */
  readonly headersMs: number;
  /** From the end of the head to the end of the body; time in which the gate itself did not read does not count. */
  readonly requestMs: number;
  /** For the API: from sending the request to the end of its answer; SSE and other endless answers only to the head. */
  readonly upstreamMs: number;
  /** A kept-alive connection without a request. */
  readonly idleMs: number;
  /** A client that reads nothing of its answer. */
  readonly unreadMs: number;
  /** A tunnel (WebSocket) in which nothing moves, either way. Default 10 minutes. */
  readonly tunnelMs?: number;
  /** From the first signal to the cutting of what is left. */
  readonly drainMs: number;
}

/** Which requests are logged. */
export type LogSetting = 'all' | 'refusals' | 'off';

/** What bounds a request, in bytes. */
interface SizeSettings {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  readonly targetBytes: number;
}

/** How much is taken on at once. */
interface OverloadSettings {
  readonly inFlight: number;
  /** In flight at the API. */
  readonly upstream: number;
  readonly loopLagMs: number;
  readonly connections: number;
}

/** All that `flick serve` is told, by flags, file and defaults: checked, with secrets read and paths resolved. */
export interface ServeSettings {
  /** The path of the OpenAPI document, as the user would name it; or the document itself. */
  readonly contract: string | object;
  readonly listen: ListenAddress;
  /** Where to tell how the server does; nowhere where undefined. */
  readonly admin: ListenAddress | undefined;
  /** Scheme, host and port; undefined where handlers answer. */
  readonly upstream: string | undefined;
  /** The path of the module whose functions answer, where the file or a flag names one. */
  readonly handlers: string | undefined;
  readonly codes: CodesSetting;
  readonly switches: SwitchSettings;
  /** By operation id. */
  readonly operations: Readonly<Record<string, SwitchSettings>>;
  readonly basePath: string | undefined;
  readonly allowUnsafePatterns: boolean;
  /** By the security scheme's name. */
  readonly verifiers: ReadonlyMap<string, SchemeVerifier>;
  readonly limits: readonly Limit[];
  readonly limitHeaders: 'draft' | 'legacy' | 'off';
  readonly limitStoreDown: 'pass' | 'refuse';
  readonly trustedProxies: readonly string[];
  /** Undefined where the API itself says which pages may read it. */
  readonly cors: CorsPolicy | undefined;
  readonly timeouts: Timeouts;
  readonly sizes: SizeSettings;
  readonly overload: OverloadSettings;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly log: LogSetting;
  readonly records: RecordSetting;
  readonly realm: string | undefined;
  readonly strict: boolean;
  /** Whether files that change are taken in while serving. */
  readonly watch: boolean;
  /** The files that the settings were made of; those of keys and users are watched by their verifiers. */
  readonly files: readonly string[];
  /** Where a setting of the file stands, such as `flick.yaml:12:3`, for faults that only the contract shows. */
  readonly place: ConfigFile['place'];
}

const known = configSchema.properties;

/** A timer of Node runs at once where it is asked to wait longer than some 24 days. */
const longestTimeoutMs = 24 * 3_600_000;

/** What is checked is held whole, and becomes one text: Node has none beyond some 512 MiB. */
const largestBytes = 256 * 1_048_576;

/**
 * Reads the settings of `flick serve`. Flags win over the file, the file over the defaults.
 *
 * @param openapi - the document named on the command line
 * @param warn - told, in one line, what goes wrong later with what verifiers stand on
 * @throws StartFault with every fault, one line each
 */
export function readSettings(
  openapi: string | undefined,
  flags: ServeFlags,
  warn: (line: string) => void,
): ServeSettings {
  return settingsOf(readSettingsFile(flags.config), openapi, flags, warn);
}

/** The settings of a file that is read already; see {@link readSettings}. */
export function settingsOf(
  file: ConfigFile,
  openapi: string | undefined,
  flags: ServeFlags,
  warn: (line: string) => void,
): ServeSettings {
  return checkedSettings(file, openapi, flags, false, warn);
}

/** The settings of a server in process; see {@link readSettings}. `hasHandlers`: whether an upstream is not due. */
export function checkedSettings(
  file: ConfigFile,
  openapi: string | object | undefined,
  flags: ServeFlags,
  hasHandlers: boolean,
  warn: (line: string) => void,
): ServeSettings {
  const { config, folder, place } = file;
  const faults = createSettingFaults(place);
  const contract = openapi ?? (config.contract === undefined ? undefined : resolveFrom(folder, config.contract));
  if (contract === undefined) {
    faults.add('no contract: name one, as in `flick serve openapi.yaml --upstream http://127.0.0.1:3000`');
  }
  const handlers = flags.handlers ?? (config.handlers === undefined ? undefined : resolveFrom(folder, config.handlers));
  if (handlers === '') faults.add('--handlers: due is the path of a module such as ./handlers.js');
  const isEmbedded = hasHandlers || handlers !== undefined;
  const upstream = readUpstream(flags, config, isEmbedded, faults);
  const listen = readListen(flags, config, faults);
  if (upstream !== undefined && listen !== undefined && isOwnAddress(upstream, listen)) {
    faults.add(`the upstream ${upstream} is where Flick itself would listen; choose another address with --listen`);
  }
  const admin = readAdmin(flags, config, faults);
  if (upstream !== undefined && admin !== undefined && isOwnAddress(upstream, admin)) {
    faults.add(`the upstream ${upstream} is the admin listener, which nobody may reach through Flick; choose another`);
  }
  if (listen !== undefined && admin !== undefined && admin.port !== 0 && admin.port === listen.port) {
    faults.add(`admin: port ${admin.port} is where Flick listens already; choose another with --admin`);
  }
  const codes = readCodes(flags, config, faults);
  const mode = readChoice('--mode', flags.mode, ['enforce', 'observe'], faults) ?? config.mode;
  const log = readChoice('--log', flags.log, ['all', 'refusals', 'off'], faults) ?? config.log ?? known.log.default;
  if (flags.basePath !== undefined && !flags.basePath.startsWith('/')) {
    faults.add('--base-path: due is a path such as /v1, or / for none');
  }
  const records = readRecordSetting(flags.records, file, faults);
  const verifiers = createVerifiers(file, faults, warn);
  const timeouts = readTimeouts(config, faults);
  const sizes = readSizes(config, faults);
  const overload = readOverload(config, faults);
  const tls = readTls(file, faults);
  const cors = readCors(config, faults);
  const trustedProxies = config.trust?.proxies ?? [];
  for (const [index, range] of trustedProxies.entries()) {
    if (isAddressRange(range)) continue;
    faults.at(['trust', 'proxies', index], 'due is an address or a range such as 10.0.0.0/8 or fd00::/8');
  }
  if (faults.lines.length > 0 || contract === undefined || !listen || !codes || !records) {
    closeVerifiers(verifiers);
    throw new StartFault(faults.lines);
  }
  return {
    contract,
    listen,
    admin,
    upstream,
    handlers,
    codes,
    switches: switchesOf({ ...config, ...(mode !== undefined && { mode }) }),
    operations: operationsOf(config),
    basePath: flags.basePath ?? config.base_path,
    allowUnsafePatterns: config.allow_unsafe_patterns ?? false,
    verifiers,
    limits: limitsOf(config),
    limitHeaders: config.limit_headers ?? known.limit_headers.default,
    limitStoreDown: config.limit_store_down ?? known.limit_store_down.default,
    trustedProxies,
    cors,
    timeouts,
    sizes,
    overload,
    tls,
    log,
    records,
    realm: config.realm,
    strict: flags.strict ?? false,
    // The flag that is not given says true: there is only one that says false.
    watch: flags.watch !== false && (config.watch ?? known.watch.default),
    files: filesOf(file),
    place,
  };
}

/** What the settings say of the contract, for a command that serves nothing. */
interface ContractSource {
  /** The path of the OpenAPI document, as the user would name it. */
  readonly contract: string;
  readonly settings: ContractSettings;
  /** `undefined` where the file says nothing of limits. */
  readonly limits: readonly Limit[] | undefined;
}

/**
 * Reads what concerns the contract alone: the document, the table, the switches, the limits.
 *
 * @param openapi - the document named on the command line
 * @throws StartFault with every fault, one line each
 */
export function readContractSource(openapi: string | undefined, flags: ServeFlags): ContractSource {
  const { config, folder, place } = readSettingsFile(flags.config);
  const faults = createSettingFaults(place);
  const contract = openapi ?? (config.contract === undefined ? undefined : resolveFrom(folder, config.contract));
  if (contract === undefined) faults.add('no contract: name one, such as openapi.yaml');
  const codes = readCodes(flags, config, faults);
  if (contract === undefined || codes === undefined) throw new StartFault(faults.lines);
  return {
    contract,
    settings: {
      ...switchesOf(config),
      codes,
      operations: operationsOf(config),
      basePath: config.base_path,
      allowUnsafePatterns: config.allow_unsafe_patterns ?? false,
    },
    limits: config.limits && limitsOf(config),
  };
}

/** The file that is named, else `flick.yaml` of the current folder, else nothing. */
export function readSettingsFile(named: string | undefined): ConfigFile {
  if (named !== undefined) return readConfigFile(named);
  if (existsSync('flick.yaml')) return readConfigFile('flick.yaml');
  return { config: {}, path: 'flick.yaml', folder: '.', place: (at) => `flick.yaml: ${at.join('.')}` };
}

function filesOf({ config, path, folder }: ConfigFile): readonly string[] {
  const credentials = Object.values(config.credentials ?? {});
  const references = referencesIn([config.tls, credentials.map(({ jwt, introspection }) => [jwt, introspection])]);
  const named = references.flatMap(({ file }) => (file === undefined ? [] : [resolveFrom(folder, file)]));
  return [...new Set([path, ...named])];
}

function readUpstream(
  flags: ServeFlags,
  config: Config,
  isEmbedded: boolean,
  faults: SettingFaults,
): string | undefined {
  const text = flags.upstream ?? config.upstream;
  if (isEmbedded) {
    return text === undefined ? undefined : faults.add('an upstream and handlers: both would answer; leave one out');
  }
  if (text === undefined) {
    return faults.add('no upstream: name the API to stand before, as in `--upstream http://127.0.0.1:3000`');
  }
  const origin = readOrigin(text);
  if (origin !== undefined) return origin;
  const due = `due is scheme, host and port alone, such as ${nearOrigin(text)}`;
  return flags.upstream === undefined ? faults.at(['upstream'], due) : faults.add(`--upstream: ${due}`);
}

function readListen(flags: ServeFlags, config: Config, faults: SettingFaults): ListenAddress | undefined {
  const due = 'due is an address such as 127.0.0.1:8080, 0.0.0.0:8080 for all, or a port';
  const address = readListenAddress(String(flags.listen ?? config.listen ?? known.listen.default));
  return address ?? (flags.listen === undefined ? faults.at(['listen'], due) : faults.add(`--listen: ${due}`));
}

function readAdmin(flags: ServeFlags, config: Config, faults: SettingFaults): ListenAddress | undefined {
  const text = flags.admin ?? config.admin;
  if (text === undefined) return undefined;
  const due = 'due is an address such as 127.0.0.1:9901, or a port';
  const address = readListenAddress(String(text));
  return address ?? (flags.admin === undefined ? faults.at(['admin'], due) : faults.add(`--admin: ${due}`));
}

function readCodes(flags: ServeFlags, config: Config, faults: SettingFaults): CodesSetting | undefined {
  if (flags.codes === undefined) return config.codes ?? 'default';
  if (flags.codes === 'default' || flags.codes === 'standard') return flags.codes;
  const codes = flags.codes.split(',').map((part) => (/^ *[1-5]\d\d *$/.test(part) ? Number(part) : 0));
  if (!codes.includes(0)) return codes;
  const near = didYouMean(flags.codes, ['default', 'standard']);
  return faults.add(`--codes: due is default, standard, or a list from 100 to 599 such as 400,401,404,429,500${near}`);
}

function readChoice<Choice extends string>(
  flag: string,
  value: string | undefined,
  choices: readonly Choice[],
  faults: SettingFaults,
): Choice | undefined {
  if (value === undefined) return undefined;
  const due = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  return (
    choices.find((choice) => choice === value) ?? faults.add(`${flag}: due is ${due}${didYouMean(value, choices)}`)
  );
}

function switchesOf(config: NonNullable<Config['operations']>[string]): SwitchSettings {
  return {
    mode: config.mode,
    unknownMembers: config.unknown_members,
    unknownQuery: config.unknown_query,
    hideMethods: config.hide_methods,
    fold: config.fold,
    shed: config.shed,
    responses: config.responses,
  };
}

function operationsOf({ operations = {} }: Config): Readonly<Record<string, SwitchSettings>> {
  return Object.fromEntries(Object.entries(operations).map(([id, switches]) => [id, switchesOf(switches)]));
}

function limitsOf({ limits = {} }: Config): readonly Limit[] {
  return Object.entries(limits).map(([name, limit]) => limitOf(name, limit));
}

function limitOf(name: string, config: NonNullable<Config['limits']>[string]): Limit {
  const { requests, window, by = 'consumer', paths, operations } = config;
  const limit = { name, requests, windowMs: durationMs(window), by };
  if (paths !== undefined) return { ...limit, paths };
  return operations === undefined ? limit : { ...limit, operations };
}

function readTimeouts(config: Config, faults: SettingFaults): Timeouts {
  for (const [name, text] of Object.entries(config.timeouts ?? {})) {
    if (durationMs(text) > longestTimeoutMs) faults.at(['timeouts', name], 'due is at most 24h');
  }
  const read = (name: keyof typeof known.timeouts.properties): number =>
    durationMs(config.timeouts?.[name] ?? known.timeouts.properties[name].default);
  return {
    headersMs: read('headers'),
    requestMs: read('request'),
    upstreamMs: read('upstream'),
    idleMs: read('idle'),
    unreadMs: read('unread'),
    tunnelMs: read('tunnel'),
    drainMs: read('drain'),
  };
}

function readSizes(config: Config, faults: SettingFaults): SizeSettings {
  for (const [name, text] of Object.entries(config.sizes ?? {})) {
    if (sizeBytes(text) > largestBytes) faults.at(['sizes', name], 'due is at most 256MiB');
  }
  const read = (name: keyof typeof known.sizes.properties): number =>
    sizeBytes(config.sizes?.[name] ?? known.sizes.properties[name].default);
  return { bodyBytes: read('body'), headerBytes: read('headers'), targetBytes: read('target') };
}

function readOverload({ overload }: Config, faults: SettingFaults): OverloadSettings {
  const { in_flight: inFlight, upstream, loop_lag: loopLag, connections } = known.overload.properties;
  const loopLagMs = durationMs(overload?.loop_lag ?? loopLag.default);
  // Below, the loop of a healthy server is late.
  if (loopLagMs < 20 || loopLagMs > longestTimeoutMs) faults.at(['overload', 'loop_lag'], 'due is from 20ms to 24h');
  return {
    inFlight: overload?.in_flight ?? inFlight.default,
    upstream: overload?.upstream ?? upstream.default,
    loopLagMs,
    connections: overload?.connections ?? connections.default,
  };
}

function readTls({ config, folder }: ConfigFile, faults: SettingFaults): ServeSettings['tls'] {
  if (config.tls === undefined) return undefined;
  const cert = readReference(config.tls.cert, folder, ['tls', 'cert'], faults);
  const key = readReference(config.tls.key, folder, ['tls', 'key'], faults);
  if (cert === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert, key });
    return { cert, key };
  } catch {
    return faults.at(['tls'], 'due are a certificate and the private key that belongs to it, both in PEM');
  }
}
