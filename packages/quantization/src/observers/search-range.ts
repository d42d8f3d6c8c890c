/*
 * HistogramObserver._non_linear_param_search of torch, after caffe2's norm_minimization.cc: the range is narrowed from
 * both sides, by quantiles, for as long as the expected squared error falls. Values are taken to be spread evenly
 * within their bin.
 */

const stepSize = 1e-5

/** The sum of `density * x^2` from `begin` to `end`. */
const squares = (begin: number, end: number, density: number): number =>
  (density * (end ** 3 - begin ** 3)) / 3

const clampTo = (x: number, max: number): number => Math.min(Math.max(x, 0), max)

/** The expected error with so many steps from the first to the last of some bins. */
const errorOf = (
  counts: readonly number[],
  width: number,
  [start, end]: readonly [number, number],
  steps: number,
): number => {
  const step = (width * (end - start + 1)) / steps
  let error = 0
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue
    const density = count / width
    const from = (i - start) * width
    const to = from + width
    const [firstStep, lastStep] = [from, to].map((x) => clampTo(Math.floor(x / step), steps - 1)) as [
      number,
      number,
    ]
    error += squares(from - (firstStep + 0.5) * step, step / 2, density)
    error += (lastStep - firstStep - 1) * squares(-step / 2, step / 2, density)
    error += squares(-step / 2, to - (lastStep + 0.5) * step, density)
  }
  return error
}

const cumulative = (counts: readonly number[]): readonly number[] => {
  let sum = 0
  return counts.map((count) => {
    sum += count
    return sum
  })
}

/**
 * The first and the last of the bins to keep.
 *
 * @param steps how many numbers the grid has
 */
export const searchRange = (
  counts: readonly number[],
  width: number,
  steps: number,
): readonly [start: number, end: number] => {
  const sums = cumulative(counts)
  const total = sums.at(-1) ?? 0
  let [start, end] = [0, counts.length - 1]
  let [alpha, beta] = [0, 1]
  let least = Number.POSITIVE_INFINITY
  while (alpha < beta) {
    let [left, right] = [start, end]
    while (left < end && (sums[left] as number) < (alpha + stepSize) * total) left += 1
    while (right > start && (sums[right] as number) > (beta - stepSize) * total) right -= 1
    const moved: [number, number] = left - start > end - right ? [left, end] : [start, right]
    if (left - start > end - right) alpha += stepSize
    else beta -= stepSize
    if (moved[0] === start && moved[1] === end) continue
    const error = errorOf(counts, width, moved, steps)
    if (error > least) break
    least = error
    start = moved[0]
    end = moved[1]
  }
  return [start, end]
}
