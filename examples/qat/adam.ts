import { floatTensor, loadStateDict, type Model, readValues, stateDict, type Tensor } from '@nnfuse/ir'

interface Moments {
  readonly first: Float32Array
  readonly second: Float32Array
}

const [decayFirst, decaySecond, epsilon] = [0.9, 0.999, 1e-8]

/** Adam (Kingma and Ba, 2015): each number goes by its mean gradient over the root of its mean squared gradient. */
export class Adam {
  readonly #moments = new Map<string, Moments>()
  #steps = 0

  /** The model one step further down. */
  async step(model: Model, gradients: ReadonlyMap<string, Tensor>, rate: number): Promise<Model> {
    this.#steps += 1
    const parameters = stateDict(model.root)
    const changed = new Map<string, Tensor>()
    for (const [key, gradient] of gradients) {
      const parameter = parameters.get(key) as Tensor
      const values = Float32Array.from((await readValues(parameter)) as Float32Array)
      this.#move(key, values, (await readValues(gradient)) as Float32Array, rate)
      changed.set(key, floatTensor(values, parameter.shape))
    }
    return model.with(loadStateDict(model.root, changed, { strict: false }))
  }

  #move(key: string, values: Float32Array, slopes: Float32Array, rate: number): void {
    const { length } = values
    const known = this.#moments.get(key)
    const { first, second } = known ?? { first: new Float32Array(length), second: new Float32Array(length) }
    this.#moments.set(key, { first, second })
    const [forFirst, forSecond] = [1 - decayFirst ** this.#steps, 1 - decaySecond ** this.#steps]
    for (let i = 0; i < length; i += 1) {
      const slope = slopes[i] as number
      first[i] = decayFirst * (first[i] as number) + (1 - decayFirst) * slope
      second[i] = decaySecond * (second[i] as number) + (1 - decaySecond) * slope ** 2
      const size = Math.sqrt((second[i] as number) / forSecond) + epsilon
      values[i] = (values[i] as number) - (rate * (first[i] as number)) / forFirst / size
    }
  }
}
