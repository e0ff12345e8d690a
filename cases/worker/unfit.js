import { openFlick } from '@flick/gate/fetch';
import contract from './contract.mjs';

async function told(settings) {
  try {
    await openFlick({ contract, handler: () => new Response(), ...settings });
    return 'it opened';
  } catch (error) {
    return error.message;
  }
}

/** Says what `openFlick` says of settings that a Worker cannot have. */
export default {
  async fetch() {
    return Response.json({
      records: await told({ records: 'sqlite:./flick.db' }),
      overload: await told({ overload: { inFlight: 1 } }),
      keys: await told({ credentials: { token: { keys: { file: './keys.jsonl' } } } }),
      document: await told({ contract: { openapi: '3.1.0', paths: {} } }),
      path: await told({ contract: './openapi.yaml' }),
    });
  },
};
