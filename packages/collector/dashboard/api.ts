import { useEffect, useRef, useState } from 'react';
import { ASK_AGAIN } from './parts/frame/use-freshness.ts';
import { request } from './request.ts';

const REFRESH_MS = 5_000;

export interface Loaded<T> {
  readonly data: T | undefined;
  /** Why there is no data, or no newer data. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/**
 * Fetches an answer of the collector, and again every five seconds while the page is visible. Keeps
 * the last data until newer arrives.
 */
export function useApi<T>(path: string | null): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { readonly path: string | null }>({
    path,
    data: undefined,
    error: undefined,
  });
  const lastText = useRef('');

  useEffect(() => {
    if (path === null) return undefined;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    lastText.current = '';

    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      let isRefused = false;
      if (document.visibilityState === 'visible') {
        try {
          const response = await request(path, { signal: controller.signal });
          const text = await response.text();
          // Ignore an unchanged answer, so that charts are not redrawn, for example under the
          // pointer.
          if (text !== lastText.current) {
            const answer = JSON.parse(text) as T & { error?: { code: string; message: string } };
            const error = response.ok
              ? undefined
              : (answer.error ?? { code: 'UNKNOWN', message: `HTTP ${response.status}` });
            setState((before) => ({
              path,
              data:
                error === undefined
                  ? answer
                  : response.status >= 500 && before.path === path
                    ? before.data
                    : undefined,
              error,
            }));
            lastText.current = text;
            isRefused = error?.code.startsWith('SHARE_LINK_') === true;
          }
        } catch {
          if (controller.signal.aborted) return;
          lastText.current = '';
          setState((before) => ({
            path,
            data: before.path === path ? before.data : undefined,
            error: {
              code: 'UNREACHABLE',
              message: 'The collector does not answer. This page shows the last data that it sent.',
            },
          }));
        }
      }
      // A share link that ended does not begin again.
      if (!isRefused) timer = setTimeout(() => void ask(), REFRESH_MS);
    };
    const onVisible = (): void => void (document.visibilityState === 'visible' && ask());
    document.addEventListener('visibilitychange', onVisible);
    addEventListener(ASK_AGAIN, onVisible);
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
      removeEventListener(ASK_AGAIN, onVisible);
    };
  }, [path]);

  // The state belongs to an earlier path. Do not show it, not even for one frame.
  return state.path === path ? state : { data: undefined, error: undefined };
}
