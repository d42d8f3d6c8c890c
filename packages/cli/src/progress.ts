/** Told what is being done now, in a few words. */
export type Progress = (step: string) => void

/** For callers who do not want to know. */
export const noProgress: Progress = () => undefined
