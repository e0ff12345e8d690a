import { describe, expect, it } from 'vitest';
import { checkOfNamed, type Settings, told } from './document.ts';

const kinds = {
  Cat: {
    type: 'object',
    required: ['kind', 'lives'],
    properties: { kind: { type: 'string' }, lives: { type: 'integer' } },
  },
  Dog: {
    type: 'object',
    required: ['kind', 'barks'],
    properties: { kind: { type: 'string' }, barks: { type: 'boolean' } },
  },
};
const refs = [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }];

function petCheck(pet: Record<string, unknown>, settings?: Settings): ReturnType<typeof checkOfNamed> {
  return checkOfNamed('Pet', { ...kinds, Pet: pet }, settings);
}

const tagged = (tag: string): unknown => ({
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: [tag] } },
});

describe('a discriminator', () => {
  it.each(['oneOf', 'anyOf'])('judges by the branch that it chooses from %s, and by no other', (keyword) => {
    const check = petCheck({ [keyword]: refs, discriminator: { propertyName: 'kind' } });
    expect(check({ kind: 'Cat', lives: 9 })).toBeUndefined();
    expect(told(check({ kind: 'Cat', lives: 'nine', barks: 'no' }))).toEqual([
      '/lives type: due an integer, arrived a string of 4 characters',
    ]);
    expect(told(check({ kind: 'Dog' }))).toEqual(['/barks required: due a boolean, arrived nothing']);
  });

  it('names the values that it knows where it knows not the one that came', () => {
    const check = petCheck({ oneOf: refs, discriminator: { propertyName: 'kind' } });
    expect(told(check({ kind: 'Cow', lives: 1 }))).toEqual([
      '/kind enum: due one of "Cat", "Dog", arrived a string of 3 characters',
    ]);
  });

  it('asks for its property once where it is missing', () => {
    const check = petCheck({ oneOf: refs, discriminator: { propertyName: 'kind' } });
    expect(told(check({ lives: 1 }))).toEqual(['/kind required: due one of "Cat", "Dog", arrived nothing']);
  });

  it('asks once, too, where further members are refused', () => {
    const check = petCheck({ oneOf: refs, discriminator: { propertyName: 'kind' } }, { unknownMembers: 'refuse' });
    expect(check({ lives: 1 })?.length).toBe(1);
    expect(told(check({ kind: 'Cat', lives: 1, other: 2 }))?.length).toBe(1);
  });

  it('maps values to branches by name and by reference, and still knows the names of schemas', () => {
    const mapping = { cat: 'Cat', dog: '#/components/schemas/Dog' };
    const check = petCheck({ oneOf: refs, discriminator: { propertyName: 'kind', mapping } });
    expect(check({ kind: 'cat', lives: 9 })).toBeUndefined();
    expect(check({ kind: 'dog', barks: true })).toBeUndefined();
    expect(check({ kind: 'Dog', barks: true })).toBeUndefined();
    expect(check({ kind: 'dog', lives: 9 })).toBeDefined();
  });

  it('takes the values that the branches themselves allow where the document has no mapping', () => {
    const check = checkOfNamed('Pet', {
      Cat: tagged('cat'),
      Dog: tagged('dog'),
      Pet: { oneOf: refs, discriminator: { propertyName: 'kind' } },
    });
    expect(check({ kind: 'cat' })).toBeUndefined();
    expect(told(check({ kind: 'Cat' }))).toEqual([
      '/kind enum: due one of "cat", "dog", arrived a string of 3 characters',
    ]);
  });

  it('falls back to its default branch (3.2)', () => {
    const check = petCheck({ oneOf: refs, discriminator: { propertyName: 'kind', defaultMapping: 'Dog' } });
    expect(check({ kind: 'Cow', barks: true })).toBeUndefined();
    expect(told(check({ barks: true }))).toEqual(['/kind required: due a string, arrived nothing']);
    expect(check({ kind: 'Cat', barks: true })?.map((fault) => fault.pointer)).toEqual(['/lives']);
  });

  it('gives way to plain oneOf where its branches cannot be told apart', () => {
    const inline = petCheck({
      oneOf: [...refs, { type: 'object', required: ['fins'] }],
      discriminator: { propertyName: 'kind' },
    });
    expect(inline({ fins: 2 })).toBeUndefined();
    const astray = petCheck({ oneOf: refs, discriminator: { propertyName: 'kind', mapping: { cow: '#/nowhere' } } });
    expect(astray({ kind: 'anything', lives: 9 })).toBeUndefined();
  });

  it('lets null pass beside its branches', () => {
    const check = petCheck({ oneOf: [...refs, { type: 'null' }], discriminator: { propertyName: 'kind' } });
    expect(check(null)).toBeUndefined();
    expect(check({ kind: 'Cat', lives: 'x' })?.map((fault) => fault.pointer)).toEqual(['/lives']);
    expect(told(check('text'))).toEqual([' oneOf: due an object or null, arrived a string of 4 characters']);
  });

  it('changes nothing on a base schema', () => {
    const base = {
      type: 'object',
      required: ['kind'],
      properties: { kind: { type: 'string' } },
      discriminator: { propertyName: 'kind' },
    };
    expect(petCheck(base)({ kind: 'whatever' })).toBeUndefined();
    expect(petCheck(base)({})).toBeDefined();
  });
});
