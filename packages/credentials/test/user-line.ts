import { scryptSync } from 'node:crypto';

/** A line of a file of users whose password is hashed at little cost: few tests are about the hash. */
export function userLine(name: string, secret: string): string {
  const salt = Buffer.alloc(16, 7);
  const hash = scryptSync(secret, salt, 32, { N: 1024, r: 8, p: 1 });
  const [saltText, hashText] = [salt, hash].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
  return `${JSON.stringify({ name, scopes: ['read'], password: `$scrypt$ln=10,r=8,p=1$${saltText}$${hashText}` })}\n`;
}
