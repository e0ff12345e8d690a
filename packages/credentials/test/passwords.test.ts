import { hashPassword, isPassword, PasswordsFault } from '@flick/credentials';
import { describe, expect, it } from 'vitest';

/** Of some password; costs next to nothing. */
const cheap = `$scrypt$ln=10,r=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

describe('a password', () => {
  it('is known by its hash, whichever way it was typed, and no other is', async () => {
    const hash = await hashPassword('caf\u00e9 au lait');
    expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await isPassword('cafe\u0301 au lait', hash)).toBe(true);
    expect(await isPassword('cafe au lait', hash)).toBe(false);
  });

  it('is hashed with a salt of its own', async () => {
    const [one, other] = await Promise.all([hashPassword('the same'), hashPassword('the same')]);
    expect(one).not.toBe(other);
  });

  it('is nobody’s where there is no hash', async () => {
    expect(await isPassword('any', undefined)).toBe(false);
  });

  it('is compared with hashes alone', async () => {
    await expect(isPassword('plain', 'plain')).rejects.toThrow(/^hash: it is not a hash such as \$scrypt\$/);
  });

  it('waits for its turn behind 17 others; one more is told so', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 19 }, () => isPassword('x', cheap)));
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toEqual([expect.any(PasswordsFault)]);
    expect(await isPassword('x', cheap)).toBe(false);
  });
});
