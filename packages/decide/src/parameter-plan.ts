import type { Operation, Parameter, Shape } from '@flick/contract';
import { indexSlots, type Slot, type SlotIndex } from './named-text.ts';
import {
  type Decode,
  decodeCookie,
  decodeHeader,
  decodePath,
  decodePlainCookie,
  decodeQuery,
  decodeReserved,
} from './parameter-text.ts';
import { readInnerJson, type SoleType, soleTypeOf, structuresOf } from './text-reading.ts';
import { compileUnknownNames, type TellUnknown } from './unknown-name.ts';

/** How an operation's parameters are found, worked out once. */
export interface ParameterPlan {
  readonly none: boolean;
  readonly path: readonly Planned[];
  readonly header: readonly Planned[];
  readonly cookie: readonly Planned[];
  readonly cookieIndex: SlotIndex;
  readonly query: readonly Planned[];
  readonly queryIndex: SlotIndex;
  readonly querystring: Parameter | undefined;
  /** Names of the query that are API keys. */
  readonly keys: ReadonlySet<string>;
  /** Tells of a query parameter that nothing declares; undefined where such ones pass. */
  readonly unknown: TellUnknown | undefined;
}

/** One parameter of a plan. */
export interface Planned {
  readonly parameter: Parameter;
  readonly lowerName: string;
  readonly slot: Slot;
  /** Set where the text, once decoded, is one scalar: nothing is to be taken apart. */
  readonly sole: SoleType | undefined;
}

/**
 * Works out how an operation's parameters are found.
 *
 * @param keys - names of the query that are API keys, of this operation or of others
 */
export function planParameters(operation: Operation, keys: ReadonlySet<string>): ParameterPlan {
  return plan(operation.parameters, operation, keys);
}

/** Works out how the header fields of an answer are found. */
export function planHeaders(headers: readonly Parameter[], operation: Operation): ParameterPlan {
  return plan(headers, operation, noKeys);
}

const noKeys: ReadonlySet<string> = new Set();

function plan(parameters: readonly Parameter[], operation: Operation, keys: ReadonlySet<string>): ParameterPlan {
  const planned = parameters.map((parameter) => ({
    parameter,
    lowerName: parameter.name.toLowerCase(),
    slot: slotOf(parameter, operation),
    sole: isMarked(parameter) ? undefined : soleTypeOf(parameter.shape),
  }));
  const inPlace = (place: Parameter['in']): Planned[] => planned.filter(({ parameter }) => parameter.in === place);
  const query = inPlace('query');
  const cookie = inPlace('cookie');
  const names = query.flatMap(({ slot }) =>
    slot.spread ? Array.from(slot.shape.properties?.keys() ?? []) : slot.name,
  );
  return {
    none: planned.length === 0,
    path: inPlace('path'),
    header: inPlace('header'),
    cookie,
    cookieIndex: indexSlots(cookie.map(({ slot }) => slot)),
    query,
    queryIndex: indexSlots(query.map(({ slot }) => slot)),
    querystring: inPlace('querystring')[0]?.parameter,
    keys,
    unknown: operation.switches.unknownQuery === 'pass' ? undefined : compileUnknownNames(names),
  };
}

/** Whether more than the value is in the text: a media type's syntax, or a style's own characters. */
function isMarked({ media, style }: Parameter): boolean {
  return media !== undefined || style === 'matrix' || style === 'label';
}

const oneText: Shape = { types: new Set(['string']), open: false, binary: false };

function slotOf(parameter: Parameter, operation: Operation): Slot {
  const { name, style, explode, shape, media } = parameter;
  const decode = decoderOf(parameter);
  if (media !== undefined) {
    return { name, style: 'form', explode: true, shape: oneText, decode, brackets: false, spread: false, rest: false };
  }
  const { list, members: object } = structuresOf(shape);
  const query = parameter.in === 'query';
  const spread = object && explode && (style === 'form' || style === 'cookie') && (query || parameter.in === 'cookie');
  // Where unknown members are refused, an object that is merely silent of them does not gather unknown parameters.
  const open = shape.additional !== undefined || (shape.open && operation.switches.unknownMembers !== 'refuse');
  return {
    name,
    style,
    explode,
    shape,
    decode,
    brackets: query && style === 'deepObject' && (object || list || shape.types.size === 0),
    spread,
    rest: spread && query && open,
  };
}

/** How a parameter's text is decoded; one in JSON is parsed, too. */
export function decoderOf(parameter: Parameter): Decode {
  const decode = textDecoderOf(parameter);
  const kind = parameter.media?.kind;
  if (kind === 'json') return (raw) => readInnerJson(decode(raw));
  return decode;
}

function textDecoderOf(parameter: Parameter): Decode {
  if (parameter.in === 'path') return decodePath;
  if (parameter.in === 'header') return decodeHeader;
  if (parameter.in === 'cookie') return parameter.style === 'cookie' ? decodePlainCookie : decodeCookie;
  return parameter.allowReserved ? decodeReserved : decodeQuery;
}
