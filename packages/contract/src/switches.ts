import type { UnknownMembers } from '@flick/schema';
import type { Findings } from './faults.ts';
import type { Mode, Switches } from './model.ts';
import { didYouMean } from './nearest.ts';
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
}

const defaults: Switches = {
  mode: 'enforce',
  unknownQuery: 'refuse',
  unknownMembers: 'as_schema',
  hideMethods: false,
  fold: true,
  shed: 'may',
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
      }),
      defaults,
    ),
  );
}

const choices: Readonly<Record<string, readonly (string | boolean)[]>> = {
  mode: ['enforce', 'observe'],
  unknown_query: ['refuse', 'pass'],
  unknown_members: ['as_schema', 'refuse', 'pass'],
  hide_methods: [true, false],
  fold: [true, false],
  shed: ['may', 'never'],
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
    } else if (!known.some((choice) => choice === entry.value)) {
      findings.warn(entry, `"${key}" has an unknown value and is left out; write one of ${known.join(', ')}`);
    }
  }
  const { mode, unknown_query: query, unknown_members: members, hide_methods: hide, fold, shed } = place.value;
  return {
    mode: mode === 'enforce' || mode === 'observe' ? mode : undefined,
    unknownQuery: query === 'refuse' || query === 'pass' ? query : undefined,
    unknownMembers: members === 'as_schema' || members === 'refuse' || members === 'pass' ? members : undefined,
    hideMethods: typeof hide === 'boolean' ? hide : undefined,
    fold: typeof fold === 'boolean' ? fold : undefined,
    shed: shed === 'may' || shed === 'never' ? shed : undefined,
  };
}
