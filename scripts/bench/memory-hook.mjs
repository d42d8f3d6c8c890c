// node --import <this file> ...   says on descriptor 3, at the end, how many bytes of memory the process held at most

import { readFileSync, writeSync } from 'node:fs'

/** Linux counts what the parent held to `maxRSS`, since a child begins as a copy of it; VmHWM begins anew. */
const mostBytes = () => {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * 1024
}

process.on('exit', () => writeSync(3, String(mostBytes())))
