export { authority, type ListenAddress } from './addresses.ts';
export type { ConfigFile } from './config-file.ts';
export { checkNames } from './contract-names.ts';
export { describeFaults, unverifiedSchemes } from './contract-report.ts';
export { type OfflineSettings, readOfflineSettings } from './offline-settings.ts';
export { openRecords, openWrittenRecords } from './record-settings.ts';
export { createLadder, loadContract } from './served-ladder.ts';
export {
  type LogSetting,
  readContractSource,
  readSettingsFile,
  type ServeFlags,
  type ServeSettings,
  settingsOf,
  type Timeouts,
} from './settings.ts';
export { durationMs } from './units.ts';
export { closeVerifiers, keepVerifiers } from './verifiers.ts';
export { isWorker } from './worker.ts';
export { createWarmUp, type WarmUp } from './warm-up.ts';
export { type CodeSettings, readCodeSettings } from './code-settings.ts';
