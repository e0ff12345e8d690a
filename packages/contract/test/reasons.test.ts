import { createTable, type Reason, reasons, stages } from '@flick/contract';
import { describe, expect, it } from 'vitest';

const entries = Object.entries(reasons);

describe.each(entries)('%s', (slug, { code, stage, title, meaning, mend }) => {
  it('is called by a slug in lower case', () => {
    expect(slug).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('has an error code of RFC 9110 or RFC 6585', () => {
    expect(code).toBeGreaterThanOrEqual(400);
    expect(createTable('standard').codes).toContain(code);
  });

  it('has a stage of the ladder', () => {
    expect(stages).toContain(stage);
  });

  it('has a short title without a full stop, and whole sentences for meaning and mend', () => {
    expect(title).toMatch(/^[A-Z][^.]{3,50}[^.\s]$/);
    expect(meaning).toMatch(/^[A-Z].{15,}\.$/);
    expect(mend).toMatch(/^[A-Z].{8,}\.$/);
  });

  it('is a 5xx exactly where the client did nothing wrong', () => {
    const servers = ['unknown-method', 'unverifiable-credentials'];
    const ours =
      stage === 'load' ||
      (stage === 'handler' && slug !== 'unknown-resource') ||
      stage === 'response' ||
      servers.includes(slug);
    expect(code >= 500).toBe(ours);
  });

  it('cannot be changed', () => {
    expect(
      Object.values(reasons)
        .filter((entry) => entry.title === title)
        .every(Object.isFrozen),
    ).toBe(true);
  });
});

it('lists reasons in the order of the ladder', () => {
  const order = entries.map(([, { stage }]) => stages.indexOf(stage));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

it('gives each title once, so that a page can list them', () => {
  expect(new Set(entries.map(([, { title }]) => title)).size).toBe(entries.length);
});

it('names every reason of the published design', () => {
  const published: Record<number, Reason[]> = {
    400: [
      'malformed-request',
      'malformed-target',
      'malformed-body',
      'missing-parameter',
      'wrong-value',
      'unknown-parameter',
      'missing-body',
      'unexpected-body',
    ],
    401: ['missing-credentials', 'invalid-credentials', 'expired-credentials'],
    403: ['insufficient-credentials', 'cross-site-request'],
    404: ['unknown-path', 'unknown-resource'],
    405: ['method-not-allowed'],
    406: ['not-acceptable'],
    408: ['headers-too-slow', 'body-too-slow'],
    413: ['body-too-large'],
    414: ['target-too-long'],
    415: ['unsupported-media-type'],
    417: ['unknown-expectation'],
    429: ['address-limit', 'consumer-limit'],
    431: ['headers-too-large'],
    500: ['unhandled-error', 'misconfiguration', 'response-breach'],
    501: ['unknown-method'],
    502: ['upstream-unreachable', 'upstream-malformed'],
    503: ['overloaded', 'draining'],
    504: ['upstream-too-slow'],
  };
  for (const [code, slugs] of Object.entries(published)) {
    for (const slug of slugs) expect(reasons[slug]).toMatchObject({ code: Number(code) });
  }
});

it('cannot be added to', () => {
  expect(Object.isFrozen(reasons)).toBe(true);
});
