import { NnfuseError } from '@nnfuse/ir'

export const badName = (name: string, problem: string): NnfuseError =>
  new NnfuseError('BAD_NAME', `"${name}" cannot be the name of a package: ${problem}`, {
    path: name,
    hint: 'Such as nnfuse-plugin-groupnorm, or @acme/nnfuse-plugin-groupnorm.',
  })

export const noName = (): NnfuseError =>
  new NnfuseError('NO_NAME', 'the plugin has no name yet', {
    hint: 'Say one: npm create nnfuse-plugin nnfuse-plugin-groupnorm',
  })

export const severalNames = (names: readonly string[]): NnfuseError =>
  new NnfuseError('BAD_USAGE', `one name is enough; got ${names.join(' ')}`, {
    hint: 'Write npm create nnfuse-plugin nnfuse-plugin-groupnorm',
  })

export const folderNotEmpty = (folder: string): NnfuseError =>
  new NnfuseError('FOLDER_NOT_EMPTY', `"${folder}" is there already, and not an empty folder`, {
    path: folder,
    hint: 'Choose another name, or move it away.',
  })

export const cannotWrite = (folder: string, cause: unknown): NnfuseError =>
  new NnfuseError('CANNOT_WRITE', `"${folder}" cannot be written: ${messageOf(cause)}`, {
    path: folder,
    cause,
  })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
