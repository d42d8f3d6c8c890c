import type { Diagnostic } from '@nnfuse/pass-manager'
import type { Paint } from './paint.js'
import { indent, visible } from './table.js'

/** What is odd about the plugins: rules that override others. */
export const formatDiagnostics = (diagnostics: readonly Diagnostic[], paint: Paint): string[] =>
  diagnostics.length === 0
    ? []
    : ['', paint.title('plugins'), ...indent(diagnostics.map(({ message }) => visible(message)))]
