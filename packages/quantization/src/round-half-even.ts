/** To the nearest integer, ties to even; Math.round rounds them up. */
export const roundHalfEven = (x: number): number => {
  const below = Math.floor(x)
  const rest = x - below
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1
  return rest < 0.5 ? below : below + 1
}
