import type { FlickSettings } from '@flick/gate/fastify';
import { fileURLToPath } from 'node:url';
import { contractOf, defaultSizes, type Setting } from './setting.ts';
import { verifierOf } from './story-verifiers.ts';

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
    credentials: Object.fromEntries(Array.from(contractOf(story).schemes.keys(), (name) => [name, verifierOf(name)])),
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
