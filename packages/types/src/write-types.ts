import { type ContractFault, type Operation, readWithSchemas } from '@flick/contract';
import { NamedTypes } from './named-types.ts';
import { OperationTypes } from './operation-types.ts';
import type { TypeMember } from './type-nodes.ts';
import { TypeNames } from './type-names.ts';

/** The types of a contract. */
export interface WrittenTypes {
  /** A TypeScript module that holds types only; the same for the same document. */
  readonly text: string;
  /** How many operations it tells of. */
  readonly operations: number;
  /** What is wrong with the document. */
  readonly faults: readonly ContractFault[];
}

/**
 * Writes what each operation of a contract takes, and what it may answer by code: an interface for each operation and
 * each schema with a name, and the map `Operations` of them, of which `serve<Operations>` of `@flick/gate` types its
 * handlers.
 *
 * @param path - of the OpenAPI document, as the user named it
 * @throws ContractError where the document cannot be read
 */
export async function writeTypes(path: string): Promise<WrittenTypes> {
  const reading = readWithSchemas(path);
  const { api, operations, faults } = reading.contract;
  // The compiler takes its time to load: what cannot be read is told before.
  const { createTypeWriter } = await import('./type-nodes.ts');
  const names = new TypeNames();
  const own = operations.map((operation) => ({ operation, name: names.give(wordsOf(operation), 'Operation') }));
  const named = new NamedTypes(reading, names);
  const write = await createTypeWriter((name) => named.bindable(name));
  const types = new OperationTypes(reading, named, write);

  const parts = own.map(({ operation, name }) =>
    write.declare(name, types.of(operation), `\`${operation.method} ${operation.path}\``),
  );
  const map = own.map(({ operation: { id }, name }): TypeMember => ({ name: id, type: write.reference(name) }));
  parts.push(
    write.declare('Operations', write.object(map), 'The types of each operation, by the name of its handler.'),
  );
  for (const { name, plain, description } of named.all()) {
    parts.push(write.declare(name, write.of(plain), description));
  }
  parts.push(write.helpers());
  const body = parts.filter((part) => part !== '').join('\n');
  const imports = [
    /\bBuffer\b/.test(body) ? write.import('Buffer', 'node:buffer') : '',
    /\bReadable\b/.test(body) ? write.import('Readable', 'node:stream') : '',
  ].join('');
  const head = `// The types of ${oneLine(api.title)} ${oneLine(api.version)}, written by flick types. Change the contract, not this file.\n`;
  return { text: [head, ...(imports === '' ? [] : [imports]), body].join('\n'), operations: own.length, faults };
}

/** What an operation is called: `get /teas` where it has no id but `GET /teas`. */
function wordsOf({ id, method, path }: Operation): string {
  return id === `${method} ${path}` ? `${method.toLowerCase()} ${path}` : id;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\u2028\u2029]+/g, ' ').trim();
}
