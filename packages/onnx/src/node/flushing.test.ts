import type { FileHandle } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Flushing } from './flushing.js'

const mebibyte = 2 ** 20

/** A file that says what it is asked, and answers when it is told to. */
class AskedFile {
  readonly asked: string[] = []
  readonly #answers: ((error?: Error) => void)[] = []

  datasync(): Promise<void> {
    this.asked.push('datasync')
    return new Promise((resolve, reject) => {
      this.#answers.push((error) => (error ? reject(error) : resolve()))
    })
  }

  sync(): Promise<void> {
    this.asked.push('sync')
    return Promise.resolve()
  }

  async answer(error?: Error): Promise<void> {
    this.#answers.shift()?.(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const open = (): { file: AskedFile; flushing: Flushing } => {
  const file = new AskedFile()
  return { file, flushing: new Flushing(file as unknown as FileHandle) }
}

test('asks when there is enough, and again only when the disk has answered', async () => {
  const { file, flushing } = open()
  for (let i = 0; i < 31; i += 1) flushing.written(mebibyte)
  expect(file.asked).toEqual([])
  flushing.written(mebibyte)
  flushing.written(64 * mebibyte)
  expect(file.asked).toEqual(['datasync'])
  await file.answer()
  flushing.written(1)
  expect(file.asked).toEqual(['datasync', 'datasync'])
})

test('asks for the rest when the disk has what it was asked for', async () => {
  const { file, flushing } = open()
  flushing.written(32 * mebibyte)
  const finished = flushing.finish()
  expect(file.asked).toEqual(['datasync'])
  await file.answer()
  await finished
  expect(file.asked).toEqual(['datasync', 'sync'])
})

test('a failure on the way is one in the end: a system may tell of it only once', async () => {
  const { file, flushing } = open()
  flushing.written(32 * mebibyte)
  await file.answer(new Error('the disk is gone'))
  flushing.written(32 * mebibyte)
  await file.answer()
  await expect(flushing.finish()).rejects.toThrow('the disk is gone')
})
