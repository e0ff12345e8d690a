import type { UnknownMembers } from '@flick/schema';
import type { Findings } from './faults.ts';
import type { Mode, ResponsesMode, Switches } from './model.ts';
import { didYouMean } from './nearest.ts';
import { isMembers } from './pointer.ts';
import { entriesOf, isObjectPlace, nameOf } from './reading.ts';
import type { Place } from './sources.ts';

/** Switches as far as one level sets them; what is left out or `undefined` is left to the level below. */
export interface SwitchSettings {
  readonly mode?: Mode | undefined;
  readonly unknownQuery?: 'refuse' | 'pass' | undefined;
  readonly unknownMembers?: UnknownMembers | undefined;
  readonly hideMethods?: boolean | undefined;
  readonly fold?: boolean | undefined;
  readonly shed?: 'may' | 'never' | undefined;
  readonly responses?: ResponsesMode | ResponsesSample | undefined;
}

/** Answers are watched, yet not all of them. */
export interface ResponsesSample {
  readonly mode: 'watch';
  /** The share of answers, above 0 and up to 1. Default all. */
  readonly sample?: number | undefined;
}

const defaults: Switches = {
  mode: 'enforce',
  unknownQuery: 'refuse',
  unknownMembers: 'as_schema',
  hideMethods: false,
  fold: true,
  shed: 'may',
  responses: 'off',
  responsesSample: 1,
};

/** Lays levels of settings over each other; the first that sets a switch decides. */
export function switchesOf(levels: readonly SwitchSettings[]): Switches {
  return Object.freeze(
    levels.reduceRight<Switches>(
      (below, level) => ({
        mode: level.mode ?? below.mode,
        unknownQuery: level.unknownQuery ?? below.unknownQuery,
        unknownMembers: level.unknownMembers ?? below.unknownMembers,
        hideMethods: level.hideMethods ?? below.hideMethods,
        fold: level.fold ?? below.fold,
        shed: level.shed ?? below.shed,
        ...responsesOf(level, below),
      }),
      defaults,
    ),
  );
}

function responsesOf({ responses }: SwitchSettings, below: Switches): Pick<Switches, 'responses' | 'responsesSample'> {
  if (responses === undefined) return { responses: below.responses, responsesSample: below.responsesSample };
  if (typeof responses === 'string') return { responses, responsesSample: 1 };
  return { responses: responses.mode, responsesSample: responses.sample ?? 1 };
}

const choices: Readonly<Record<string, readonly (string | boolean)[]>> = {
  mode: ['enforce', 'observe'],
  unknown_query: ['refuse', 'pass'],
  unknown_members: ['as_schema', 'refuse', 'pass'],
  hide_methods: [true, false],
  fold: [true, false],
  shed: ['may', 'never'],
  responses: ['off', 'watch', 'enforce', '{ mode: watch, sample: 0.1 }'],
};

/** Reads an `x-flick` of a document, a path item or an operation. What it does not know is a warning. */
export function readSwitches(place: Place | undefined, findings: Findings): SwitchSettings {
  if (place?.value === undefined) return {};
  if (!isObjectPlace(place)) {
    findings.warn(place, '"x-flick" is not an object and is left out; write switches in it, such as mode: observe');
    return {};
  }
  for (const entry of entriesOf(place)) {
    const key = nameOf(entry);
    const known = Object.hasOwn(choices, key) ? choices[key] : undefined;
    if (known === undefined) {
      const names = Object.keys(choices);
      const mend = didYouMean(key, names) || `; write one of ${names.join(', ')}`;
      findings.warn(entry, `"${key}" is no switch of Flick and is left out${mend}`);
    } else if (!known.some((choice) => choice === entry.value) && !isSample(key, entry.value)) {
      findings.warn(entry, `"${key}" has an unknown value and is left out; write one of ${known.join(', ')}`);
    }
  }
  const {
    mode,
    unknown_query: query,
    unknown_members: members,
    hide_methods: hide,
    fold,
    shed,
    responses,
  } = place.value;
  return {
    mode: mode === 'enforce' || mode === 'observe' ? mode : undefined,
    unknownQuery: query === 'refuse' || query === 'pass' ? query : undefined,
    unknownMembers: members === 'as_schema' || members === 'refuse' || members === 'pass' ? members : undefined,
    hideMethods: typeof hide === 'boolean' ? hide : undefined,
    fold: typeof fold === 'boolean' ? fold : undefined,
    shed: shed === 'may' || shed === 'never' ? shed : undefined,
    responses: readResponses(responses),
  };
}

function readResponses(written: unknown): SwitchSettings['responses'] {
  if (written === 'off' || written === 'watch' || written === 'enforce') return written;
  return isSample('responses', written) ? written : undefined;
}

function isSample(key: string, written: unknown): written is ResponsesSample {
  if (key !== 'responses' || !isMembers(written)) return false;
  const { mode, sample = 1, ...others } = written;
  if (mode !== 'watch' || Object.keys(others).length > 0) return false;
  return typeof sample === 'number' && sample > 0 && sample <= 1;
}
