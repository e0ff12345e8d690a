import { addUser, createBasicVerifier, listUsers, removeUser } from '@flick/credentials';
import type { Verification, Verifier } from '@flick/decide';
import { describe, expect, it } from 'vitest';
import { temporaryFile } from './temporary-folder.ts';
import { userLine } from './user-line.ts';

const scheme = { name: 'basicAuth', type: 'http', scheme: 'basic' } as const;
const password = 'correct horse';

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const ask = async (verifier: Verifier, credential: string): Promise<Verification> =>
  verifier.verify(credential, scheme);

/** A file with one user in it, and a verifier of that file. */
function makeStage(name = 'alice', secret = password) {
  const file = temporaryFile('users.jsonl', userLine(name, secret));
  const time = { monotonicMs: 0 };
  const clock = { monotonicMs: () => time.monotonicMs, wallMs: () => 0 };
  return { file, verifier: createBasicVerifier({ file, clock }), time };
}

const wrong = {
  kind: 'bad',
  reason: 'invalid-credentials',
  description: 'The user name or the password is wrong',
};

describe('a user', () => {
  it('is good with the password, for the scopes of the file', async () => {
    const { verifier } = makeStage();
    expect(await ask(verifier, encode(`alice:${password}`))).toEqual({
      kind: 'good',
      consumer: { subject: 'alice', scopes: ['read'], scheme: 'basicAuth' },
    });
    verifier.close();
  });

  it('may have a password with colons, and any way of writing é', async () => {
    const { verifier } = makeStage('rené', 'café:crème:');
    expect(await ask(verifier, encode('rene\u0301:cafe\u0301:cre\u0300me:'))).toMatchObject({ kind: 'good' });
    expect(await ask(verifier, encode('rené:café:crème'))).toEqual(wrong);
    verifier.close();
  });

  it('that is not known is refused as one with a wrong password is', async () => {
    const { verifier } = makeStage();
    expect(await ask(verifier, encode('alice:wrong horse'))).toEqual(wrong);
    expect(await ask(verifier, encode(`bob:${password}`))).toEqual(wrong);
    verifier.close();
  });

  it('is refused in a file without users, too', async () => {
    const verifier = createBasicVerifier({ file: temporaryFile('users.jsonl', '') });
    expect(await ask(verifier, encode(`alice:${password}`))).toEqual(wrong);
    verifier.close();
  });

  it('that is added or removed is known at once', async () => {
    const { file, verifier } = makeStage();
    const kindOf = async (name: string) => (await ask(verifier, encode(`${name}:${password}`))).kind;
    expect(await kindOf('alice')).toBe('good');
    await addUser(file, { name: 'bob', password, scopes: [] });
    await expect.poll(() => kindOf('bob'), { timeout: 10_000 }).toBe('good');
    await removeUser(file, 'alice');
    await expect.poll(() => kindOf('alice'), { timeout: 10_000 }).toBe('bad');
    expect(await kindOf('bob')).toBe('good');
    verifier.close();
  });

  it('that was right is answered for without a promise, for a minute', async () => {
    const { verifier, time } = makeStage();
    const credential = encode(`alice:${password}`);
    await ask(verifier, credential);
    time.monotonicMs = 59_999;
    expect(verifier.verify(credential, scheme)).toMatchObject({ kind: 'good' });
    time.monotonicMs = 60_000;
    const later = verifier.verify(credential, scheme);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toMatchObject({ kind: 'good' });
    verifier.close();
  });

  it('that was wrong is not remembered', async () => {
    const { verifier } = makeStage();
    const credential = encode('alice:wrong horse');
    await ask(verifier, credential);
    const again = verifier.verify(credential, scheme);
    expect(again).toBeInstanceOf(Promise);
    expect(await again).toEqual(wrong);
    verifier.close();
  });
});

it('more passwords than are hashed at once, or may wait, cannot be known; the others can', async () => {
  const { verifier } = makeStage();
  const guesses = Array.from({ length: 40 }, (_, index) => verifier.verify(encode(`alice:guess ${index}`), scheme));
  const unknown = guesses.filter((guess) => !(guess instanceof Promise));
  expect(unknown).toHaveLength(40 - 2 - 16);
  expect(unknown[0]).toEqual({ kind: 'unknown', description: 'Too many passwords are being verified now' });
  const verdicts = await Promise.all(guesses.filter((guess) => guess instanceof Promise));
  expect(verdicts.every(({ kind }) => kind === 'bad')).toBe(true);
  expect(await ask(verifier, encode(`alice:${password}`))).toMatchObject({ kind: 'good' });
  verifier.close();
});

describe('credentials that are malformed are refused without hashing, and never thrown at', () => {
  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['the other alphabet', encode('alice:??>>').replaceAll('/', '_').replaceAll('+', '-')],
    ['no padding', encode('alice:pass').replaceAll('=', '')],
    ['too much padding', `${encode('alice:pas')}====`],
    ['bits to spare that are set', 'YWxpY2U6cGFzc3c='.replace('c=', 'd=')],
    ['a blank within', 'YWxp Y2U6cGFzcw=='],
    ['a line end', 'YWxpY2U6\ncGFzcw=='],
    ['no colon', encode('alice')],
    ['a lone byte of no UTF-8', encode(Uint8Array.of(0x61, 0x3a, 0xff))],
    ['an overlong colon', encode(Uint8Array.of(0x61, 0xc0, 0xba, 0x62))],
    ['a surrogate', encode(Uint8Array.of(0x61, 0x3a, 0xed, 0xa0, 0x80))],
    ['a NUL in the name', encode('ali\0ce:password')],
    ['a NUL in the password', encode('alice:pass\0word')],
    ['a line end in the password', encode('alice:pass\r\nword')],
    ['a C1 control', encode('alice:pass\u0085word')],
    ['a kilobyte and more', encode(`alice:${'x'.repeat(1024)}`)],
    ['a megabyte', encode(`alice:${'x'.repeat(1_048_576)}`)],
    ['text of no Unicode', '\ud800'],
  ])('%s', async (_, credential) => {
    const { verifier } = makeStage();
    expect(verifier.verify(credential, scheme)).toEqual({
      kind: 'bad',
      reason: 'invalid-credentials',
      description: 'The credentials are malformed',
    });
    verifier.close();
  });

  it.each(['__proto__', 'constructor', 'toString', '', 'alice ', 'ALICE', '\u200balice', '𝐚𝐥𝐢𝐜𝐞'])(
    'but %j is only a name that is not known',
    async (name) => {
      const { verifier } = makeStage();
      expect(await ask(verifier, encode(`${name}:${password}`))).toEqual(wrong);
      verifier.close();
    },
  );
});

describe('a file of users', () => {
  it('never holds a password', async () => {
    const file = temporaryFile('users.jsonl');
    await addUser(file, { name: 'alice', password, scopes: [] });
    const [user] = await listUsers(file);
    expect(user?.password).toMatchObject({ ln: 15, r: 8, p: 3 });
    expect(user?.password.salt).toHaveLength(16);
    expect(JSON.stringify(user)).not.toContain(password);
  });

  const user = { password, scopes: [] };
  it.each([
    ['a name that is taken', { ...user, name: 'alice' }, /that user is there already; flick users remove/],
    ['no name', { ...user, name: '' }, /the name is not 1 to 256 characters/],
    ['a name with a colon', { ...user, name: 'a:b' }, /the name has a colon in it/],
    ['a name with an escape', { ...user, name: '\u001b[2J' }, /the name is not 1 to 256 characters without control/],
    ['a short password', { ...user, name: 'bob', password: 'c4nary' }, /the password is not of 8 characters/],
    ['a password of a kilobyte', { ...user, name: 'bob', password: 'c4nary'.repeat(171) }, /to 512 bytes/],
    ['a password with a tab', { ...user, name: 'bob', password: 'c4nary\tc4nary' }, /has a control character in it/],
    ['a scope with a quote', { ...user, name: 'bob', scopes: ['"'] }, /a scope is empty, or has a blank/],
  ])('takes no user with %s', async (_, added, message) => {
    const { file, verifier } = makeStage();
    verifier.close();
    const error: unknown = await addUser(file, added).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('c4nary');
    expect(await listUsers(file)).toHaveLength(1);
  });

  it('says where a user to remove is not there', async () => {
    const { file, verifier } = makeStage();
    verifier.close();
    await expect(removeUser(file, 'bob')).rejects.toThrow(`${file}: there is no such user; flick users list`);
  });

  const salt = 'A'.repeat(22);
  const kept = 'A'.repeat(43);
  it.each([
    ['the password itself', 'c4nary c4nary'],
    ['a hash of another kind', '$2b$12$c4naryc4naryc4naryc4na'],
    ['a cost of nothing', `$scrypt$ln=1,r=8,p=1$${salt}$${kept}`],
    ['a cost that no machine bears', `$scrypt$ln=30,r=8,p=1$${salt}$${kept}`],
    ['blocks without end', `$scrypt$ln=20,r=99,p=1$${salt}$${kept}`],
    ['no lanes', `$scrypt$ln=15,r=8,p=0$${salt}$${kept}`],
    ['a short salt', `$scrypt$ln=15,r=8,p=1$AAAA$${kept}`],
    ['a short hash', `$scrypt$ln=15,r=8,p=1$${salt}$AAAA`],
    ['padding', `$scrypt$ln=15,r=8,p=1$${salt}==$${kept}=`],
    ['parameters in another order', `$scrypt$r=8,ln=15,p=1$${salt}$${kept}`],
    ['a zero before a number', `$scrypt$ln=15,r=08,p=1$${salt}$${kept}`],
  ])('does not load with %s in place of a hash', (_, hash) => {
    const file = temporaryFile('users.jsonl', `{"name":"alice","password":${JSON.stringify(hash)}}\n`);
    let said = '';
    try {
      createBasicVerifier({ file }).close();
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(`${file}: line 1: "password" is not a hash such as $scrypt$ln=15,r=8,p=3$salt$hash`);
    expect(said).not.toContain('c4nary');
  });

  it.each([
    ['one name twice', `{"name":"a","password":"P"}\n{"name":"a","password":"P"}`, 'line 2: its "name" is that of'],
    ['a name with a colon', `{"name":"a:b","password":"P"}`, 'line 1: "name" has a colon'],
    ['a name in another form', `{"name":"e\u0301","password":"P"}`, 'line 1: "name" is not in the normal form C'],
    ['no password', `{"name":"a"}`, 'line 1: "password" is missing'],
  ])('does not load with %s', (_, text, message) => {
    const file = temporaryFile('users.jsonl', text.replaceAll('"P"', `"$scrypt$ln=15,r=8,p=1$${salt}$${kept}"`));
    expect(() => createBasicVerifier({ file })).toThrow(message);
  });
});
