/** Runs a command and sees to it that the process ends with the exit code it gives. */
export type Finish = (command: () => Promise<number>) => Promise<void>
