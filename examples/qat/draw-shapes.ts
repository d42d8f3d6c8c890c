/*
 * Noisy grey pictures of geometric shapes, 28 by 28, each in a random place, size, angle and contrast: what the example
 * model was trained on. scripts/python/shapes_data.py draws alike, from other random numbers.
 */

const size = 28

/** The distance to the outline of a shape of radius about 1, positive inside. */
type Outline = (x: number, y: number) => number

const { abs, cos, hypot, max, min, PI, sin } = Math

const triangle: Outline = (x, y) =>
  min(...[PI / 2, (7 * PI) / 6, (11 * PI) / 6].map((angle) => 0.5 - x * cos(angle) - y * sin(angle)))

const cross: Outline = (x, y) => max(min(0.28 - abs(x), 1 - abs(y)), min(1 - abs(x), 0.28 - abs(y)))

/** Five points: each half of a point is the side of a line from its tip to an inner corner. */
const star: Outline = (x, y) => {
  const half = PI / 5
  const turned = (((Math.atan2(y, x) + half) % (2 * half)) + 2 * half) % (2 * half)
  const angle = abs(turned - half)
  const [along, across] = [hypot(x, y) * cos(angle), hypot(x, y) * sin(angle)]
  const [cornerX, cornerY] = [0.45 * cos(half), 0.45 * sin(half)]
  return ((1 - along) * cornerY - across * (1 - cornerX)) / hypot(cornerY, 1 - cornerX)
}

/** In the order of the model's classes. */
const outlines: readonly Outline[] = [
  (x, y) => 0.8 - hypot(x, y),
  (x, y) => 0.75 - max(abs(x), abs(y)),
  triangle,
  cross,
  (x, y) => 0.2 - abs(hypot(x, y) - 0.7),
  star,
]

export const classCount = outlines.length

/** Random numbers from a seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  uniform(low: number, high: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 2 ** 32)
  }

  normal(deviation: number): number {
    const [a, b] = [this.uniform(1e-9, 1), this.uniform(0, 2 * PI)]
    return deviation * Math.sqrt(-2 * Math.log(a)) * cos(b)
  }
}

const clamp = (value: number, low: number, high: number): number => min(max(value, low), high)

const draw = (random: Random, label: number, pixels: Float32Array): void => {
  const radius = random.uniform(5, 10)
  const [left, top] = [random.uniform(-4, 4), random.uniform(-4, 4)]
  const angle = random.uniform(0, 2 * PI)
  const [background, contrast, noise] = [
    random.uniform(10, 100),
    random.uniform(40, 120),
    random.uniform(8, 32),
  ]
  const outline = outlines[label] as Outline
  for (let i = 0; i < pixels.length; i += 1) {
    const x = ((i % size) + 0.5 - size / 2 - left) / radius
    const y = (Math.floor(i / size) + 0.5 - size / 2 - top) / radius
    const distance = outline(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))
    const value = background + contrast * clamp(distance * radius + 0.5, 0, 1) + random.normal(noise)
    pixels[i] = clamp(Math.round(value), 0, 255)
  }
}

/** Pictures, `[count, 1, 28, 28]`, and the numbers of their classes. */
export interface Pictures {
  readonly data: Float32Array
  readonly shape: readonly [number, 1, 28, 28]
  readonly labels: readonly number[]
}

export const drawShapes = (random: Random, count: number): Pictures => {
  const data = new Float32Array(count * size * size)
  const labels: number[] = []
  for (let i = 0; i < count; i += 1) {
    const label = Math.floor(random.uniform(0, classCount))
    labels.push(label)
    draw(random, label, data.subarray(i * size * size, (i + 1) * size * size))
  }
  return { data, shape: [count, 1, size, size], labels }
}
