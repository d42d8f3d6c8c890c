import type { AnyModule } from './module.js'
import { isTensor } from './tensor.js'

/** Whether a layer, or one inside it, has numbers of which a runtime may compute others, by a last digit. */
export const holdsApproximate = ({ attrs, children }: AnyModule): boolean =>
  Object.values(attrs ?? {}).some((value) => isTensor(value) && value.approximate === true) ||
  [...children.values()].some(holdsApproximate)
