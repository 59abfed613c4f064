import ts from 'typescript';

export interface PublicApi {
  /** How many names the entry exports. */
  readonly exports: number;
  /** Errors of the compiler in declarations of the package. */
  readonly problems: readonly string[];
  /** Exports, methods of exported classes and functions in exported tables, without a word of documentation. */
  readonly undocumented: readonly string[];
  /** Places at which a declaration says `any`. */
  readonly any: readonly string[];
}

/** Reads the declarations of a package as the compiler of its user does, from its entry. */
export function publicApi(entry: string): PublicApi {
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    strict: true,
    noEmit: true,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const own = entry.slice(0, -'index.d.ts'.length);
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(own));
  const problems = files
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  const symbols = checker.getExportsOfModule(module);
  const undocumented = symbols.flatMap((symbol) => {
    const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return [...undocumentedParts(meant, symbol.name, checker)];
  });
  return {
    exports: symbols.length,
    problems,
    undocumented,
    any: files.flatMap((file) => [...anys(file, own)]),
  };
}

function* undocumentedParts(symbol: ts.Symbol, name: string, checker: ts.TypeChecker): Generator<string> {
  if (documentation(symbol, checker) === '') yield name;
  if (!(symbol.flags & ts.SymbolFlags.Class)) return;
  for (const member of symbol.members?.values() ?? []) {
    const hidden = member.declarations?.some(
      (declaration) => ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private,
    );
    const isMethod = (member.flags & ts.SymbolFlags.Method) !== 0;
    if (isMethod && hidden !== true && documentation(member, checker) === '') yield `${name}.${member.name}`;
  }
}

const documentation = (symbol: ts.Symbol, checker: ts.TypeChecker): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();

function* anys(file: ts.SourceFile, own: string): Generator<string> {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push(`${file.fileName.slice(own.length)}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  yield* found;
}
