/** An axis counted from the front; a negative one counts from the end. Undefined where there is none such. */
export const axisIn = (axis: number, rank: number): number | undefined => {
  const positive = axis < 0 ? axis + rank : axis
  return positive >= 0 && positive < rank ? positive : undefined
}

/** {@link axisIn} for several; undefined where one is missing, or named twice. */
export const axesIn = (axes: readonly number[], rank: number): readonly number[] | undefined => {
  const positive = axes.map((axis) => axisIn(axis, rank))
  const distinct = new Set(positive)
  return distinct.has(undefined) || distinct.size < axes.length ? undefined : (positive as number[])
}
