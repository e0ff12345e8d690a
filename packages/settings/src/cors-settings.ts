import type { CorsPolicy } from '@flick/decide';
import type { Config } from './config-schema.ts';
import type { SettingFaults } from './setting-faults.ts';
import { durationMs } from './units.ts';

/** Nobody has leave, whatever the API says. */
const off: CorsPolicy = { origins: [], credentials: false, maxAgeMs: 0, expose: [] };

const due =
  'due is an origin as browsers write it, such as https://app.example or http://localhost:5173; ' +
  'https://*.example.com for all below a domain, "null", or "*" for all there are';

/** Reads `cors`; undefined where the API gives leave. */
export function readCors({ cors }: Config, faults: SettingFaults): CorsPolicy | undefined {
  if (cors === undefined || cors === 'pass') return undefined;
  if (cors === 'off') return off;
  const { origins, credentials = false, max_age: maxAge = '10m', expose = [] } = cors;
  for (const [index, origin] of origins.entries()) {
    const at = ['cors', 'origins', index];
    if (!isOrigin(origin)) faults.at(at, due + nearOf(origin));
    else if (credentials && origin === '*') {
      faults.at(at, 'due are origins by name beside credentials: browsers take no credentials where all have leave');
    } else if (credentials && origin === 'null') {
      faults.at(at, 'due is no "null" beside credentials: any page can make itself one of origin null');
    }
  }
  return { origins, credentials, maxAgeMs: durationMs(maxAge), expose };
}

function isOrigin(text: string): boolean {
  if (text === '*' || text === 'null') return true;
  const plain = text.replace(/^(https?:\/\/)\*\./, '$1any.');
  if (plain.includes('*')) return false;
  if (/^https?:/.test(plain)) return URL.canParse(plain) && new URL(plain).origin === plain;
  // Of apps and extensions: their scheme, and a name.
  return /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+$/.test(plain);
}

/** What was meant, where that can be told. */
function nearOf(text: string): string {
  const spelled = URL.canParse(text) ? text : `https://${text}`;
  const origin = URL.canParse(spelled) ? new URL(spelled).origin : '';
  return isOrigin(origin) && origin !== 'null' ? `; did you mean ${origin}?` : '';
}
