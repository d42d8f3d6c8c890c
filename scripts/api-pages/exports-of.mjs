// What can be imported from a package, with the comments above it, as the compiler reads its declarations.
//
// TypeScript 7 has no programming interface yet, so this is the older compiler that types are checked with anyway.

import ts from 'typescript-oldest'

/** @typedef {{ name: string, text: string }} Tag */
/** @typedef {{ name: string, isType: boolean, declarations: string[], comment: string, tags: Tag[] }} Exported */

const options = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  types: [],
}

/** `{@link rule}` is `rule`: a page has no other names for it. */
const withoutLinks = (/** @type {string} */ text) =>
  text.replace(/\{@link\s+([^}|\s]+)(?:\s*\|?\s*([^}]*))?\}/g, (_, name, title) => title || `\`${name}\``)

const textOf = (/** @type {ts.SymbolDisplayPart[] | undefined} */ parts) =>
  withoutLinks(ts.displayPartsToString(parts)).trim()

/** @param {ts.Declaration} declaration */
const printed = (declaration) => {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  return node.getText().replace(/^export (declare )?/, '')
}

/**
 * @param {ts.TypeChecker} checker
 * @param {ts.Symbol} symbol
 * @returns {Exported}
 */
const exportedOf = (checker, symbol) => {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return {
    name: symbol.name,
    isType: (target.flags & ts.SymbolFlags.Value) === 0,
    declarations: [...new Set((target.declarations ?? []).map(printed))],
    comment: textOf(target.getDocumentationComment(checker)),
    tags: target.getJsDocTags(checker).map(({ name, text }) => ({ name, text: textOf(text) })),
  }
}

/**
 * @param {readonly string[]} files declarations of entries: `dist/index.d.ts`
 * @returns {ReadonlyMap<string, readonly Exported[]>} by file, in alphabetical order
 */
export const exportsOf = (files) => {
  const program = ts.createProgram([...files], options)
  const checker = program.getTypeChecker()
  return new Map(
    files.map((file) => {
      const source = program.getSourceFile(file)
      const module = source && checker.getSymbolAtLocation(source)
      if (module === undefined) throw new Error(`${file} exports nothing. Build first: npm run build`)
      const symbols = checker.getExportsOfModule(module).map((symbol) => exportedOf(checker, symbol))
      return [file, symbols.sort((a, b) => (a.name < b.name ? -1 : 1))]
    }),
  )
}
