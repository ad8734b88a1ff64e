import { useEffect, useState } from 'react';
import type { FreshnessAnswer } from '../../../src/api.ts';
import { request } from '../../request.ts';
import { sharedAccess } from '../share/access.ts';

const EVERY_MS = 5_000;

/** Makes all parts of the page ask the collector again. */
export const ASK_AGAIN = 'perigee-ask-again';

export interface Freshness {
  /** Undefined before the first answer, and in tabs that a share link opened. */
  readonly answer: FreshnessAnswer | undefined;
  /** Clock of this browser, in ms since 1970, when the collector last answered. */
  readonly answeredMs: number | undefined;
  /** Clock of the browser minus that of the collector, in ms. */
  readonly skewMs: number;
  /** The reason why there is no answer: nothing came, or an answer that says so. */
  readonly failure: 'unreachable' | 'unavailable' | undefined;
  readonly nextTryMs: number | undefined;
}

const NONE: Freshness = {
  answer: undefined,
  answeredMs: undefined,
  skewMs: 0,
  failure: undefined,
  nextTryMs: undefined,
};

/** Asks every five seconds, while the page is visible, whether the collector works. */
export function useFreshness(): Freshness {
  const [state, setState] = useState(NONE);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') {
        const change = await askOnce();
        if (isOver) return;
        clearTimeout(timer);
        setState((before) => ({ ...before, ...change, nextTryMs: Date.now() + EVERY_MS }));
      }
      timer = setTimeout(() => void ask(), EVERY_MS);
    };
    const onVisible = (): void => void (document.visibilityState === 'visible' && ask());
    const onAsk = (): void => void ask();
    document.addEventListener('visibilitychange', onVisible);
    addEventListener(ASK_AGAIN, onAsk);
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
      removeEventListener(ASK_AGAIN, onAsk);
    };
  }, []);
  return state;
}

async function askOnce(): Promise<Partial<Freshness>> {
  const asked = Date.now();
  try {
    // A share link opens no route about the collector as a whole.
    const path = sharedAccess() ? '/v1/live' : '/v1/freshness';
    const response = await request(path);
    const answered = Date.now();
    if (response.status >= 500) return { failure: 'unavailable' };
    const well = { failure: undefined, answeredMs: answered };
    if (!response.ok || path === '/v1/live') return { ...well, answer: undefined };
    const answer = (await response.json()) as FreshnessAnswer;
    // The collector wrote its time somewhere between question and answer.
    const skewMs = (asked + answered) / 2 - Date.parse(answer.now);
    return { ...well, answer, skewMs };
  } catch {
    return { failure: 'unreachable' };
  }
}
