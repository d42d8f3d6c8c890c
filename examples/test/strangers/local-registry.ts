import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch, platform } from 'node:os'
import { Readable } from 'node:stream'
import { tarOf } from './tar.js'
import { type Manifest, thirdParties, type Unpacked } from './third-parties.js'

/** A package as a tarball. */
interface Packed {
  readonly tarball: string
  readonly manifest: Manifest
}

/** As much of an npm registry as installing needs. */
export interface LocalRegistry {
  readonly url: string
  /** Publishes a tarball. */
  publish(tarball: string): void
  close(): void
}

type Versions = readonly (Packed | Unpacked)[]

const manifestIn = (tarball: string): Manifest =>
  JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }))

const inOrder = (a: { manifest: Manifest }, b: { manifest: Manifest }): number =>
  a.manifest.version.localeCompare(b.manifest.version, 'en', { numeric: true })

/** What npm asks first: all versions of a package, and where their tarballs are. */
const packument = (name: string, versions: Versions, url: string): object => {
  const sorted = [...versions].sort(inOrder)
  return {
    name,
    'dist-tags': { latest: sorted.at(-1)?.manifest.version },
    versions: Object.fromEntries(
      sorted.map(({ manifest }) => {
        const { version } = manifest
        return [
          version,
          { ...manifest, dist: { tarball: `${url}/-/${encodeURIComponent(name)}/${version}.tgz` } },
        ]
      }),
    ),
  }
}

/** ONNX Runtime brings its library for every system: a quarter of a gigabyte, of which one is for here. */
const isForOthers = (path: string): boolean => {
  const [, system, processor] = /\/(darwin|linux|win32)\/(arm64|x64)\//.exec(path) ?? []
  return system !== undefined && (system !== platform() || processor !== arch())
}

const sendPacked = (folder: string, response: ServerResponse): void => {
  const isWanted = (path: string): boolean => !path.startsWith('node_modules/') && !isForOthers(path)
  Readable.from(tarOf(folder, isWanted)).pipe(response)
}

/** A registry on this machine that has what is installed in this repository, and what is published to it. */
export const startRegistry = async (): Promise<LocalRegistry> => {
  const packages = new Map<string, Versions>(thirdParties())
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1))
    const [, name = path, version] = /^-\/(.+)\/([^/]+)\.tgz$/.exec(path) ?? []
    const versions = packages.get(name)
    const wanted = versions?.find(({ manifest }) => manifest.version === version)
    if (versions === undefined || (version !== undefined && wanted === undefined)) {
      response.writeHead(404).end('{}')
    } else if (wanted === undefined) {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(packument(name, versions, url)))
    } else if ('tarball' in wanted) {
      createReadStream(wanted.tarball).pipe(response)
    } else {
      sendPacked(wanted.folder, response)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    publish: (tarball) => {
      const manifest = manifestIn(tarball)
      packages.set(manifest.name, [...(packages.get(manifest.name) ?? []), { tarball, manifest }])
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
