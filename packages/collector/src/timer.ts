export interface Timer {
  /** Ends it; work that is under way is waited for. */
  close(): Promise<void>;
}

/** Does work again and again, never twice at once; it keeps no process alive, and a failure is logged. */
export function startTimer(everyMs: number, work: () => Promise<unknown>, failure: string, logger: Pick<Console, 'error'>): Timer {
  let working: Promise<void> | undefined;
  const timer = setInterval(() => {
    working ??= work().then(() => undefined, (error: unknown) => logger.error(failure, error)).finally(() => (working = undefined));
  }, everyMs);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await working;
    },
  };
}
