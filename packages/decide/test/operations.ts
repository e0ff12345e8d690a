import { contractFrom, type ContractSettings, type Operation } from '@flick/contract';

/** What a test adds to an operation: the release, the security schemes, switches. */
export interface OperationOptions {
  /** Of OpenAPI; 3.1.0 where it is left out. */
  readonly version?: string;
  readonly security?: readonly object[];
  readonly schemes?: Readonly<Record<string, object>>;
  readonly settings?: ContractSettings;
}

/** The one operation of a contract: `parameters` and `requestBody` as a document has them. */
export function operationOf(
  source: { parameters?: readonly object[]; requestBody?: object },
  options: OperationOptions = {},
): Operation {
  const names = (source.parameters ?? []).flatMap((each) =>
    'in' in each && each.in === 'path' && 'name' in each ? [String(each.name)] : [],
  );
  const document = {
    openapi: options.version ?? '3.1.0',
    info: { title: 'Test', version: '1' },
    paths: {
      [`/x${names.map((name) => `/{${name}}`).join('')}`]: {
        post: {
          operationId: 'test',
          ...source,
          security: options.security ?? [],
          responses: { default: { description: 'any' } },
        },
      },
    },
    components: { securitySchemes: options.schemes ?? {} },
  };
  const [operation] = contractFrom(document, options.settings ?? {}).operations;
  if (operation === undefined) throw new Error('the document has no operation');
  return operation;
}
