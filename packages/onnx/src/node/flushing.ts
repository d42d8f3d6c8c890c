import type { FileHandle } from 'node:fs/promises'

const flushSize = 32 * 2 ** 20

/**
 * Has the disk write what it was given so far while more is computed, instead of all at the end: half the waiting. One
 * request at a time, and not for little, since a disk may flush its cache for each.
 */
export class Flushing {
  readonly #file: FileHandle
  #unflushed = 0
  #isFlushing = false
  #flushed: Promise<unknown> = Promise.resolve()

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** To be called with the number of bytes that were written. */
  written(bytes: number): void {
    this.#unflushed += bytes
    if (this.#isFlushing || this.#unflushed < flushSize) return
    this.#unflushed = 0
    this.#isFlushing = true
    const flush = this.#file.datasync().finally(() => {
      this.#isFlushing = false
    })
    this.#flushed = Promise.all([this.#flushed, flush])
    this.#flushed.catch(() => undefined) // thrown by finish: a system tells of a failure only once
  }

  /** Waits until all of the file is on the disk. */
  async finish(): Promise<void> {
    await this.#flushed
    await this.#file.sync()
  }
}
