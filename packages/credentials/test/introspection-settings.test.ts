import { createIntrospectionVerifier } from '@flick/credentials';
import { describe, expect, it } from 'vitest';

const clientSecret = 'c4nary s3cret';

describe('settings that cannot be are told with the mend', () => {
  const good = { url: 'https://issuer.example/introspect', clientId: 'gate', clientSecret };
  it.each([
    ['no URL', { url: 'issuer' }, /^url: it is no URL/],
    ['a file', { url: 'file:///etc/passwd' }, /^url: file: is not asked/],
    ['a secret in the URL', { url: 'https://a:c4nary@issuer.example' }, /^url: it holds a user name or password/],
    ['no client', { clientId: '' }, /^clientId: it is empty/],
    ['no secret', { clientSecret: '' }, /^clientSecret: it is empty/],
    ['no subject', { subjectClaim: '' }, /^subjectClaim: it is empty/],
    ['no issuer', { issuer: [] }, /^issuer: it is empty/],
    ['no audience', { audience: '' }, /^audience: it is empty/],
    ['a day', { maxAgeS: 86_400 }, /^maxAgeS: 86400 is not from 0 to 3600 seconds/],
    ['no bound', { cacheEntries: 0 }, /^cacheEntries: 0 is no bound/],
  ])('%s', (_, settings, message) => {
    let said: unknown;
    try {
      createIntrospectionVerifier({ ...good, ...settings });
    } catch (error) {
      said = error;
    }
    expect(said).toBeInstanceOf(TypeError);
    expect(String(said).replace('TypeError: ', '')).toMatch(message);
    expect(String(said)).not.toContain('c4nary');
  });
});
