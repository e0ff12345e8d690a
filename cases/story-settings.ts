import { createJwtVerifier } from '@flick/credentials';
import type { Verifier } from '@flick/decide';
import type { FlickSettings } from '@flick/gate/fastify';
import { fileURLToPath } from 'node:url';
import { contractOf, defaultSizes, type Setting } from './setting.ts';
import { storySessions } from './story-sessions.ts';
import { tokenSecret } from './token.ts';

/** Takes any credential that has its scheme's form, as the ladder does for schemes that no verifier is named for. */
const anyCredential: Verifier = {
  verify: (_credential, { name }) => ({ kind: 'good', consumer: { subject: '', scopes: [], scheme: name } }),
};

const verifiers = new Map<string, Verifier>([
  ['bearer', createJwtVerifier({ algorithms: ['HS256'], secret: Buffer.from(tokenSecret) })],
  ['session', storySessions.verifier],
  ['token', storySessions.verifier],
]);

/** The settings of a story as code writes them for a service in process. */
export function settingsOf(story: Setting): FlickSettings {
  const { codes, mode, unknownMembers, responses, limits = [], trustedProxies, cors, ...others } = story.settings;
  const operations: NonNullable<FlickSettings['operations']> = JSON.parse(JSON.stringify(others.operations ?? {}));
  const watched: Pick<FlickSettings, 'responses'> = JSON.parse(JSON.stringify({ responses }));
  const { limitHeaders = 'draft', bodyBytes = defaultSizes.bodyBytes } = others;
  return {
    contract: fileURLToPath(new URL(`contracts/${story.contract}`, import.meta.url)),
    ...(codes && { codes }),
    ...(mode && { mode }),
    ...(unknownMembers && { unknownMembers }),
    ...watched,
    operations,
    credentials: Object.fromEntries(
      Array.from(contractOf(story).schemes.keys(), (name) => [name, verifiers.get(name) ?? anyCredential]),
    ),
    limits: Object.fromEntries(
      limits.map(({ name, windowMs, ...limit }) => [name, { ...limit, window: `${windowMs}ms` }]),
    ),
    limitHeaders,
    realm: 'library.test',
    ...(trustedProxies && { trust: { proxies: trustedProxies } }),
    ...(cors && {
      cors:
        cors.origins.length === 0
          ? ('off' as const)
          : {
              origins: cors.origins,
              credentials: cors.credentials,
              maxAge: `${cors.maxAgeMs}ms`,
              expose: cors.expose,
            },
    }),
    sizes: { body: `${bodyBytes}B` },
    records: 'off',
    timeouts: { request: '2s', upstream: '5s' },
  };
}
