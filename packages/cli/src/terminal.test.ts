import { describe, expect, test } from 'vitest'
import { createTerminal } from './terminal.js'

const stream = (isTTY: boolean) => {
  const written: string[] = []
  return { written, isTTY, columns: 20, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
}

const open = (isTTY: boolean, env: NodeJS.ProcessEnv = {}) => {
  const [out, err] = [stream(isTTY), stream(isTTY)]
  return { out, err, terminal: createTerminal(out, err, env) }
}

describe('colours', () => {
  const cases: readonly (readonly [boolean, NodeJS.ProcessEnv, string])[] = [
    [true, {}, '\x1b[32mok\x1b[39m'],
    [true, { NO_COLOR: '1' }, 'ok'],
    [true, { NO_COLOR: '' }, '\x1b[32mok\x1b[39m'],
    [true, { TERM: 'dumb' }, 'ok'],
    [false, {}, 'ok'],
    [false, { CI: 'true', FORCE_COLOR: '1' }, 'ok'],
  ]
  test.each(cases)('terminal: %s, environment: %o', (isTTY, env, wanted) => {
    expect(open(isTTY, env).terminal.paint.good('ok')).toBe(wanted)
  })
})

describe('progress', () => {
  test('rewrites one line of a terminal and removes it', () => {
    const { terminal, err } = open(true)
    terminal.progress('reading')
    terminal.progress('a step with a very long description')
    terminal.endProgress()
    expect(err.written).toEqual(['\r\x1b[Kreading …', '\r\x1b[Ka step with a very…', '\r\x1b[K'])
  })

  test('is silent in a pipe', () => {
    const { terminal, err } = open(false)
    terminal.progress('reading')
    terminal.endProgress()
    expect(err.written).toEqual([])
  })
})
