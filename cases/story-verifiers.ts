import { createJwtVerifier } from '@flick/credentials';
import type { Verifier } from '@flick/decide';
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

/** The verifier of a security scheme of the stories' contracts. */
export function verifierOf(scheme: string): Verifier {
  return verifiers.get(scheme) ?? anyCredential;
}
