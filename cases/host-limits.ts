const ownConnection = 'An app in process may speak of its own connection.';
const badTarget = "Fastify's router answers a target that it cannot decode before any hook runs.";

const spoken = { 'hop-by-hop fields of the API stay behind': ownConnection };

/** What a host cannot do: by host and story, and why. The tables of `docs/` are held to it. */
export const cannot: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Fastify, with the gate as its server': spoken,
  'Fastify, with a server of its own': {
    ...spoken,
    'a percent sign without two hex digits is malformed': badTarget,
    'a cut-off percent sequence is malformed': badTarget,
  },
  'Express 5, with the gate as its server': spoken,
  'Express 5, with a server of its own': spoken,
  'Express 4, with the gate as its server': spoken,
  'Express 4, with a server of its own': spoken,
  'Nest on Express': spoken,
  'Nest on Fastify': spoken,
};
