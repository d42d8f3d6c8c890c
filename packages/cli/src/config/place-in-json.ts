import type { Place } from './errors.js'

const problemOf = (text: string): string => {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * V8 says the position of most errors, but not of an unexpected token. Of the beginnings of the text that one is in
 * those that reach it, and a shorter one has another error or none.
 */
const positionOf = (text: string): number => {
  const [, position] = /at position (\d+)/.exec(problemOf(text)) ?? []
  if (position !== undefined) return Number(position)
  let [fine, broken] = [0, text.length]
  while (broken - fine > 1) {
    const middle = Math.floor((fine + broken) / 2)
    if (problemOf(text.slice(0, middle)).startsWith('Unexpected token')) broken = middle
    else fine = middle
  }
  return fine
}

/** Where a text stops to be JSON. */
export const placeInJson = (file: string, text: string): Place => {
  const before = text.slice(0, positionOf(text)).split('\n')
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
