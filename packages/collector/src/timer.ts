export interface Timer {
  /** Stops the timer and waits for running work. */
  close(): Promise<void>;
}

/**
 * Runs `work` periodically, never concurrently. Does not keep the process alive. Failures are
 * logged.
 */
export function startTimer(
  everyMs: number,
  work: () => Promise<unknown>,
  failure: string,
  logger: Pick<Console, 'error'>,
): Timer {
  let working: Promise<void> | undefined;
  const timer = setInterval(() => {
    working ??= work()
      .then(
        () => undefined,
        (error: unknown) => logger.error(failure, error),
      )
      .finally(() => (working = undefined));
  }, everyMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await working;
    },
  };
}
