import type { JsonType } from './check.ts';

/**
 * A schema in one small language that all dialects are lowered to: JSON Schema 2020-12 without identifiers, without
 * faulty keywords, with what OpenAPI adds told by plain keywords. `$ref` holds the id of an entry.
 *
 * Mutable only while it is being lowered.
 */
export interface Lowered {
  $ref?: string;
  type?: readonly JsonType[];
  enum?: readonly unknown[];
  const?: unknown;
  multipleOf?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  prefixItems?: readonly LoweredSchema[];
  items?: LoweredSchema;
  contains?: LoweredSchema;
  minContains?: number;
  maxContains?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: true;
  unevaluatedItems?: LoweredSchema;
  properties?: Readonly<Record<string, LoweredSchema>>;
  patternProperties?: Readonly<Record<string, LoweredSchema>>;
  additionalProperties?: LoweredSchema;
  unevaluatedProperties?: LoweredSchema;
  propertyNames?: LoweredSchema;
  required?: readonly string[];
  dependentRequired?: Readonly<Record<string, readonly string[]>>;
  dependentSchemas?: Readonly<Record<string, LoweredSchema>>;
  minProperties?: number;
  maxProperties?: number;
  allOf?: readonly LoweredSchema[];
  anyOf?: readonly LoweredSchema[];
  oneOf?: readonly LoweredSchema[];
  not?: LoweredSchema;
  if?: LoweredSchema;
  then?: LoweredSchema;
  else?: LoweredSchema;
  /** Not asserted; told on to shapes. */
  binary?: true;
  /** Not asserted: schemas of further members stand elsewhere, as a discriminator on a base schema says. */
  base?: true;
  /** Not asserted: refuses less than the document does, so that more branches of a `oneOf` may hold. */
  loosened?: true;
  /** Not asserted: the member that chooses among the branches in `allOf`; without it none is judged. */
  chooses?: string;
}

export type LoweredSchema = Lowered | boolean;

/** The schemas that stand in the same place of a value, besides `$ref`: all that say something of the same object. */
export function inPlace(schema: Lowered): LoweredSchema[] {
  const found = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  for (const each of [schema.if, schema.then, schema.else]) if (each !== undefined) found.push(each);
  if (schema.dependentSchemas !== undefined) found.push(...Object.values(schema.dependentSchemas));
  return found;
}
