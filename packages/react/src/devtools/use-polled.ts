import { useCallback, useEffect, useState } from 'react';

const POLL_MS = 1_000;

/** The result of a task that is run again each second, and a function that runs it now. */
export function usePolled<Result>(
  task: () => Promise<Result>,
): readonly [Result | undefined, () => Promise<void>] {
  const [result, setResult] = useState<Result>();
  const refresh = useCallback(
    // A failure leaves the last result. What people do themselves reports its failures.
    () => task().then(setResult, () => undefined),
    [task],
  );
  useEffect(() => {
    void refresh();
    const timer = setInterval(refresh, POLL_MS);
    return () => clearInterval(timer);
  }, [refresh]);
  return [result, refresh];
}
