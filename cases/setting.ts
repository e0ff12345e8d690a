import { fileURLToPath } from 'node:url';
import { type Contract, readContract } from '@flick/contract';
import { createJwtVerifier } from '@flick/credentials';
import { createDecider, type TracingDecider, type Verifier } from '@flick/decide';
import { createMemoryLimits } from '@flick/stores';
import type { Story } from './story.ts';
import { storySessions } from './story-sessions.ts';
import { tokenSecret } from './token.ts';

/** The bounds of every story that does not set its own. */
export const defaultSizes = { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 65_536 };

const contracts = new Map<string, Contract>();

/** The contract of a story under its settings; read once for all stories that share both. */
export function contractOf({ contract, settings }: Setting): Contract {
  const { codes, mode, unknownMembers, operations } = settings;
  const chosen = {
    ...(codes && { codes }),
    ...(mode && { mode }),
    ...(unknownMembers && { unknownMembers }),
    ...(operations && { operations }),
  };
  const key = JSON.stringify([contract, chosen]);
  let read = contracts.get(key);
  if (!read) {
    read = readContract(fileURLToPath(new URL(`contracts/${contract}`, import.meta.url)), chosen);
    contracts.set(key, read);
  }
  return read;
}

/** What of a story makes its ladder. */
export type Setting = Pick<Story, 'contract' | 'settings'>;

/** A ladder for one story, with limits of its own. */
export function deciderOf(setting: Setting, keepsValues = false): TracingDecider {
  const { settings } = setting;
  return createDecider(contractOf(setting), {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits: settings.limits ?? [],
    limitStore: createMemoryLimits(),
    limitStoreDown: 'pass',
    limitHeaders: settings.limitHeaders ?? 'draft',
    verifiers: new Map<string, Verifier>([
      ['bearer', createJwtVerifier({ algorithms: ['HS256'], secret: Buffer.from(tokenSecret) })],
      ['session', storySessions.verifier],
      ['token', storySessions.verifier],
    ]),
    realm: 'library.test',
    trustedProxies: settings.trustedProxies ?? [],
    cors: settings.cors,
    sizes: {
      ...defaultSizes,
      headerCount: settings.headerCount ?? defaultSizes.headerCount,
      bodyBytes: settings.bodyBytes ?? defaultSizes.bodyBytes,
    },
    keepsValues,
  });
}
