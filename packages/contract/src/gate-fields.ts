/** Fields of an answer that the gate sends itself or that end at its hop, whatever the API or a handler gives, in lower case. */
export const gateFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);
