import type { ConfigFile } from './config-file.ts';
import type { Config } from './config-schema.ts';
import { readSettingsFile, type ServeSettings, settingsOf } from './settings.ts';
import { isUrl } from './references.ts';
import { createSettingFaults } from './setting-faults.ts';
import { StartFault } from './start-fault.ts';
import { createVerifiers } from './verifiers.ts';

/** The settings of a server, as far as a machine knows them that is not the server's. */
export interface OfflineSettings {
  readonly settings: ServeSettings;
  /** Why the credentials of a security scheme cannot be verified here, by the scheme's name. */
  readonly unverified: ReadonlyMap<string, string>;
}

/**
 * Reads the settings under which a request is judged that is never sent. Nothing is fetched, and what only the server
 * can read (secrets, keys, its certificate) may be missing: then the credentials of that scheme go unverified.
 *
 * @param contract - the document that the command line names
 * @param config - the file that the command line names
 * @throws StartFault where the settings are at fault
 */
export function readOfflineSettings(contract: string | undefined, config: string | undefined): OfflineSettings {
  const file = readSettingsFile(config);
  if ((contract ?? file.config.contract) === undefined) {
    throw new StartFault('no contract: name one, as in `flick explain --contract openapi.yaml https://…`');
  }
  const { credentials = {}, tls: _certificate, handlers: _module, ...rest } = file.config;
  const unverified = new Map<string, string>();
  const kept: Record<string, Credential> = {};
  for (const [scheme, credential] of Object.entries(credentials)) {
    const why = whyNotHere(scheme, credential, file);
    if (why === undefined) kept[scheme] = credential;
    else unverified.set(scheme, why);
  }
  // Nothing is sent: where to is no matter.
  const flags = { upstream: 'http://127.0.0.1', records: 'off' };
  const settings = settingsOf({ ...file, config: { ...rest, credentials: kept } }, contract, flags, () => {});
  return { settings, unverified };
}

type Credential = NonNullable<Config['credentials']>[string];

function whyNotHere(scheme: string, credential: Credential, file: ConfigFile): string | undefined {
  const { jwt, introspection } = credential;
  if (introspection !== undefined || isUrl(jwt?.jwks ?? '')) {
    return 'they are verified over the network, which explain does not use';
  }
  const faults = createSettingFaults(file.place);
  const alone = { ...file, config: { credentials: { [scheme]: credential } } };
  for (const verifier of createVerifiers(alone, faults, () => {}).values()) verifier.close?.();
  return faults.lines[0];
}
