import type { MediaType } from '@flick/contract';
import { kindOf } from './body.ts';
import { decodeText, isCharset } from './charset.ts';
import { readJson } from './json-text.ts';
import { parseMediaType } from './media-type.ts';
import { bodyFault, bodyViolations, jsonFault } from './schema-violations.ts';
import { anyShape, settle } from './text-reading.ts';
import type { Violation } from './verdict.ts';

/** Deeper text is what `JSON.parse` has refused already: only the place of the fault is looked for. */
const anyDepth = 1_000_000;

/**
 * Judges the body of an answer, its content coding removed. It is read as clients read it: a name twice, a byte order
 * mark or deep nesting is no breach.
 *
 * @param contentType - undefined where the answer names none
 * @returns undefined where it cannot be judged: its schema does not compile, or its charset is not known
 */
export function readAnswer(
  media: MediaType,
  contentType: string | undefined,
  bytes: Uint8Array,
): readonly Violation[] | undefined {
  const { check } = media;
  if (check === undefined) return undefined;
  try {
    const type = contentType === undefined ? undefined : parseMediaType(contentType);
    const kind = kindOf(media, type?.type ?? media.range);
    if (kind === 'json' && bytes.length === 0) return [breach(bodyFault('malformed-body', media.range, 'nothing'))];
    if (type === undefined) {
      return [{ in: 'header', name: 'Content-Type', reason: 'response-breach', due: media.range, arrived: 'nothing' }];
    }
    const charset = type.parameters.get('charset') ?? 'utf-8';
    if (!isCharset(charset)) return undefined;
    // Without its byte order mark.
    const text = decodeText(bytes, charset);
    if (text === undefined) return [breach(bodyFault('malformed-body', `text in ${charset}`, 'other bytes'))];
    if (kind === 'text') {
      const { faults } = settle(text, media.shape ?? anyShape, check);
      return faults === undefined ? [] : bodyViolations(faults).map(breach);
    }
    return judgeJson(text, check);
  } catch {
    // The schema cannot be compiled, of which the start has warned; or the value is nested beyond what can be walked.
    return undefined;
  }
}

function judgeJson(text: string, check: NonNullable<MediaType['check']>): readonly Violation[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const reading = readJson(text, anyDepth);
    const fault = 'fault' in reading ? jsonFault(reading.fault) : bodyFault('malformed-body', 'JSON', 'other text');
    return [breach(fault)];
  }
  const faults = check(value);
  return faults === undefined ? [] : bodyViolations(faults).map(breach);
}

function breach(violation: Violation): Violation {
  return { ...violation, reason: 'response-breach' };
}
