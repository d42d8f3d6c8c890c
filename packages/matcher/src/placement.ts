import { type Declined, decline } from './decline.js'
import { callAt, type Flow } from './flow.js'
import type { Cluster } from './legality.js'

/*
 * Where the call that stands for a match may run. A match with one output can always run where its last layer ran. One
 * with several has to run after everything it uses and before everything that uses it: where a user of one output
 * comes before what another output needs, there is no such place.
 */

/** Where calls run: at their position, unless a match with several outputs has been given a place of its own. */
export type Places = ReadonlyMap<number, number>

const placeOf = (places: Places, position: number): number => places.get(position) ?? position

const latestInput = (flow: Flow, places: Places, { inputs }: Cluster): number =>
  inputs.reduce((latest, value) => {
    const producer = flow.index.producerOf(value)
    return producer === undefined ? latest : Math.max(latest, placeOf(places, producer))
  }, -1)

const earliestUser = (flow: Flow, places: Places, { positions, outputs }: Cluster): number => {
  const values = outputs.flatMap((position) => callAt(flow, position).outputs)
  return values
    .flatMap((value) => flow.index.usersOf(value))
    .filter((user) => !positions.includes(user))
    .reduce((earliest, user) => Math.min(earliest, placeOf(places, user)), flow.modules.length)
}

/** A place between two calls where both may keep theirs; it need not be a whole number. */
export const findPlace = (flow: Flow, places: Places, cluster: Cluster): number | Declined => {
  const last = Math.max(...cluster.positions)
  if (cluster.outputs.length === 1) return cluster.outputs[0] as number
  const [after, before] = [latestInput(flow, places, cluster), earliestUser(flow, places, cluster)]
  const place = after < last && last < before ? last : (after + before) / 2
  if (after < place && place < before) return place
  return decline('an output is needed before the inputs of another are there')
}
