import openapiTS, {
  addJSDocComment,
  astToString,
  type GlobalContext,
  type ReferenceObject,
  type SchemaObject,
  transformSchemaObject,
  type TransformNodeOptions,
  tsPropertyIndex,
  tsUnion,
} from 'openapi-typescript';
import ts from 'typescript';
import type { Plain } from './plain-schemas.ts';

export type TypeNode = ts.TypeNode;

/** A member of an object type. */
export interface TypeMember {
  readonly name: string | number;
  readonly type: TypeNode;
  readonly optional?: boolean;
  readonly description?: string;
}

/** Makes TypeScript of schemas. */
export interface TypeWriter {
  /** The type of a schema. */
  readonly of: (plain: Plain) => TypeNode;
  readonly object: (members: readonly TypeMember[]) => TypeNode;
  /** Types that are written alike count once. */
  readonly union: (types: readonly TypeNode[]) => TypeNode;
  readonly reference: (name: string) => TypeNode;
  /** `lines`: a list of texts; `numeric`: a text that is a number; `none`: an object without members. */
  readonly words: Readonly<
    Record<'string' | 'number' | 'unknown' | 'undefined' | 'lines' | 'numeric' | 'none', TypeNode>
  >;
  /** An interface where the type is that of an object, else an alias. */
  readonly declare: (name: string, type: TypeNode, description: string | undefined) => string;
  readonly import: (name: string, module: string) => string;
  /** The helpers that the types written so far need. */
  readonly helpers: () => string;
}

/**
 * Makes a writer of types.
 *
 * @param resolve - the schema behind a name, as far as members of it may be required from outside
 */
export async function createTypeWriter(resolve: (name: string) => Plain | undefined): Promise<TypeWriter> {
  const made = await madeContext();
  const options: TransformNodeOptions = {
    ctx: {
      ...made,
      injectFooter: [],
      // A copy that is of any type, as the library wants it.
      resolve: (ref) => JSON.parse(JSON.stringify(resolve(ref.slice(2)) ?? null)) ?? undefined,
    },
  };
  const { factory } = ts;
  const reference = (name: string): TypeNode => factory.createTypeReferenceNode(name);
  const keyword = (kind: ts.KeywordTypeSyntaxKind): TypeNode => factory.createKeywordTypeNode(kind);
  const words = {
    string: keyword(ts.SyntaxKind.StringKeyword),
    number: keyword(ts.SyntaxKind.NumberKeyword),
    unknown: keyword(ts.SyntaxKind.UnknownKeyword),
    undefined: keyword(ts.SyntaxKind.UndefinedKeyword),
  };
  const { string, number } = words;
  return {
    of: (plain) => (isSchema(plain) ? transformSchemaObject(plain, options) : keyword(ts.SyntaxKind.UnknownKeyword)),
    object: (members) =>
      factory.createTypeLiteralNode(
        members.map(({ name, type, optional = false, description }) => {
          const question = optional ? factory.createToken(ts.SyntaxKind.QuestionToken) : undefined;
          const member = factory.createPropertySignature(undefined, tsPropertyIndex(name), question, type);
          if (description !== undefined) addJSDocComment({ description }, member);
          return member;
        }),
      ),
    union: (types) => tsUnion([...new Map(types.map((type) => [types.length > 1 ? textOf(type) : '', type])).values()]),
    reference,
    words: {
      ...words,
      lines: factory.createTypeOperatorNode(ts.SyntaxKind.ReadonlyKeyword, factory.createArrayTypeNode(string)),
      numeric: factory.createTemplateLiteralType(factory.createTemplateHead(''), [
        factory.createTemplateLiteralTypeSpan(number, factory.createTemplateTail('')),
      ]),
      none: factory.createTypeReferenceNode('Record', [string, keyword(ts.SyntaxKind.NeverKeyword)]),
    },
    declare(name, type, description) {
      const modifiers = [factory.createToken(ts.SyntaxKind.ExportKeyword)];
      const declaration = ts.isTypeLiteralNode(type)
        ? factory.createInterfaceDeclaration(modifiers, name, undefined, undefined, type.members)
        : factory.createTypeAliasDeclaration(modifiers, name, undefined, type);
      if (description !== undefined) addComment(declaration, description);
      return astToString(declaration);
    },
    import: (name, module) => `import type { ${name} } from '${module}';\n`,
    helpers: () => (options.ctx.injectFooter.length > 0 ? astToString(options.ctx.injectFooter) : ''),
  };
}

/** Has the library make a context of its defaults: it exports what reads one, and not what makes one. */
async function madeContext(): Promise<GlobalContext> {
  let made: GlobalContext | undefined;
  const probe = {
    openapi: '3.1.0',
    info: { title: '', version: '' },
    components: { schemas: { A: { type: 'string' } } },
  };
  await openapiTS(JSON.stringify(probe), {
    silent: true,
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
    transform: (_schema, { ctx }) => {
      made = ctx;
      return undefined;
    },
  });
  if (made === undefined) throw new Error('openapi-typescript asked for no type of a schema');
  return { ...made, transform: undefined };
}

/** The library's types demand more of a schema than it reads; it takes any object of JSON Schema's keywords. */
function isSchema(plain: unknown): plain is SchemaObject | ReferenceObject {
  return typeof plain === 'object' && plain !== null;
}

const printer = ts.createPrinter({ removeComments: true });
const nowhere = ts.createSourceFile('', '', ts.ScriptTarget.ESNext);

function textOf(type: TypeNode): string {
  return printer.printNode(ts.EmitHint.Unspecified, type, nowhere);
}

function addComment(node: ts.Node, text: string): void {
  const lines = text.trim().replaceAll('*/', '*\\/').split(/\r?\n/);
  const comment = lines.length === 1 ? `* ${lines.join('')} ` : `*\n * ${lines.join('\n * ')}\n `;
  ts.addSyntheticLeadingComment(node, ts.SyntaxKind.MultiLineCommentTrivia, comment, true);
}
