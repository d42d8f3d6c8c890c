import { definePlugin, type Plugin } from '@nnfuse/pass-manager'
import { dropIdleReLU } from './drop-idle-relu.js'
import { rules } from './rules.js'
import { LinearSquaredReLU, SquaredReLU } from './squared-relu.js'

export { LinearSquaredReLU, SquaredReLU } from './squared-relu.js'

export interface SquaredReLUOptions {
  /** Whether the backend has a kernel for a convolution in groups with its ReLU. Default false. */
  readonly depthwise?: boolean
}

/** Squared ReLUs, found and held together with the linear layers before them. */
const squaredReLU = ({ depthwise = false }: SquaredReLUOptions = {}): Plugin =>
  definePlugin({
    name: 'nnfuse-plugin-squared-relu',
    kinds: [SquaredReLU, LinearSquaredReLU],
    rules: rules(depthwise),
    passes: [dropIdleReLU],
  })

export default squaredReLU
