import { useEffect, useRef, useState } from 'react';

const REFRESH_MS = 5_000;

export interface Loaded<T> {
  readonly data: T | undefined;
  /** Why there is nothing, or nothing newer. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly loading: boolean;
}

/** An answer of the collector, asked for again every five seconds while the page is seen. What was there stays until something newer is. */
export function useApi<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, error: undefined, loading: true });
  const shown = useRef(path);

  useEffect(() => {
    if (path === null) return undefined;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (shown.current !== path) setState({ data: undefined, error: undefined, loading: true });
    shown.current = path;

    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') {
        try {
          const response = await fetch(path, { signal: controller.signal });
          const answer = (await response.json()) as T & { error?: { code: string; message: string } };
          if (response.ok) setState({ data: answer, error: undefined, loading: false });
          else setState({ data: undefined, error: answer.error ?? { code: 'UNKNOWN', message: `HTTP ${response.status}` }, loading: false });
        } catch {
          if (controller.signal.aborted) return;
          setState((before) => ({ ...before, error: { code: 'UNREACHABLE', message: 'The collector does not answer. What you see is from before.' }, loading: false }));
        }
      }
      timer = setTimeout(() => void ask(), REFRESH_MS);
    };
    const onVisible = (): void => void (document.visibilityState === 'visible' && ask());
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path]);

  return state;
}
