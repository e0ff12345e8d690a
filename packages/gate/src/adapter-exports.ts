/** What every adapter exports beside its own `openFlick`, so that an app needs one import. */
export type { Reason } from '@flick/contract';
export type { Consumer, Outcome } from '@flick/decide';
export { StartFault } from '@flick/settings/start-fault';
export type { FoundFault, HandlerRefusal, RefusalDetails } from './handler-refusal.ts';
