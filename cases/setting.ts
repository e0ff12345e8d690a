import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { compileContract, type Contract, contractFrom, type ContractSettings, readContract } from '@flick/contract';
import { createJwtVerifier } from '@flick/credentials';
import { createDecider, type LimitStore, type TracingDecider, type Verifier } from '@flick/decide';
import { createMemoryLimits } from '@flick/stores';
import type { Story } from './story.ts';
import { storySessions } from './story-sessions.ts';
import { tokenSecret } from './token.ts';

/** The bounds of every story that does not set its own. */
export const defaultSizes = { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 65_536 };

const contracts = new Map<string, Contract>();

/** What a contract is read from: its document, or one of the two that `flick compile` makes of it. */
export type Form = 'document' | 'compiled' | 'module';

/** Reads a contract by what is compiled of its document. */
function readCompiled(document: string, settings: ContractSettings): Contract {
  const folder = mkdtempSync(join(tmpdir(), 'flick-cases-'));
  const path = join(folder, 'contract.flick');
  try {
    writeFileSync(path, compileContract(document, path).bytes);
    return readContract(path, settings);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the module exports that `flick compile` makes of a document under some settings. */
export function moduleOf(document: string, settings: ContractSettings = {}): object {
  const text = compileContract(document, 'contract.mjs', settings).bytes.toString();
  const exported: unknown = runInThisContext(`(() => { 'use strict'; ${text.replace('export default', 'return')} })()`);
  if (typeof exported !== 'object' || exported === null) throw new Error('the module exports nothing');
  return exported;
}

/** Reads a document in one of its forms. Settings come with the start; a module's code was made without them. */
export function readForm(form: Form, document: string, settings: ContractSettings): Contract {
  if (form === 'document') return readContract(document, settings);
  return form === 'compiled' ? readCompiled(document, settings) : contractFrom(moduleOf(document), settings);
}

/** The contract of a story under its settings; read once for all stories that share both. */
export function contractOf({ contract, settings }: Setting, form: Form = 'document'): Contract {
  const chosen = contractSettingsOf(settings);
  const key = JSON.stringify([form, contract, chosen]);
  let read = contracts.get(key);
  if (!read) {
    const path = fileURLToPath(new URL(`contracts/${contract}`, import.meta.url));
    read = readForm(form, path, chosen);
    contracts.set(key, read);
  }
  return read;
}

/** What a story sets of its contract. */
export function contractSettingsOf({
  codes,
  mode,
  unknownMembers,
  responses,
  operations,
}: Story['settings']): ContractSettings {
  return {
    ...(codes && { codes }),
    ...(mode && { mode }),
    ...(unknownMembers && { unknownMembers }),
    ...(responses && { responses }),
    ...(operations && { operations }),
  };
}

/** What of a story makes its ladder. */
export type Setting = Pick<Story, 'contract' | 'settings'>;

const storeThatIsDown: LimitStore = {
  charge: () => {
    throw new Error('the store of limits is out of reach');
  },
  refund: () => {},
};

/** A ladder for one story, with limits of its own. */
export function deciderOf(
  setting: Setting,
  keepsValues = false,
  form: Form = 'document',
  limitStore: LimitStore = createMemoryLimits(),
): TracingDecider {
  const { settings } = setting;
  return createDecider(contractOf(setting, form), {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits: settings.limits ?? [],
    limitStore: settings.limitStore === 'down' ? storeThatIsDown : limitStore,
    limitStoreDown: settings.limitStoreDown ?? 'pass',
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
