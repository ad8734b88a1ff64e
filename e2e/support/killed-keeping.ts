import type { Page } from '@playwright/test';
import type { CacheProgress } from 'perigee/offline-app';
import { launchChromium } from '../../campaigns/shared/killable-chromium.mjs';
import type { AppHost } from './app-host.ts';

export interface KillableBrowser {
  newPage(): Promise<Page>;
  /** Ends every process of the browser at once (SIGKILL). */
  kill(): Promise<unknown>;
}

/** Lets the page keep the app, and resolves at the moment at which the browser is to be killed. */
export interface Moment {
  readonly when: string;
  reach(page: Page, host: AppHost): Promise<void>;
}

export async function startKillable(profile: string): Promise<KillableBrowser> {
  const executablePath = process.env['PERIGEE_CHROMIUM'];
  const { context, kill, ended } = await launchChromium(profile, { executablePath });
  return {
    newPage: () => context.newPage(),
    kill() {
      kill();
      return ended;
    },
  };
}

/** The host has the request for the n-th file, and does not answer it. */
export function whileHeld(n: number): Moment {
  return {
    when: `while the host holds file ${n}`,
    async reach(page, host) {
      let asked = 0;
      const isHeld = whenHeld(host, (path) => path !== '/sw.js' && ++asked >= n);
      await Promise.race([isHeld, keepUntil(page, 'files', Infinity)]);
    },
  };
}

export const afterFiles = (n: number): Moment => stoppedAt(`after ${n} files`, 'files', n);

/** All bytes came, and the last file is not kept yet. */
export const atLastByte = stoppedAt('at the last byte', 'bytes', 'totalBytes');

/** The last file is kept, and the page does not know it yet. */
export const atLastFile = stoppedAt('at the last file', 'files', 'totalFiles');

/** The page stops in the middle of its work, so that nothing more is kept. */
function stoppedAt(when: string, ...[counter, end]: [Counter, End]): Moment {
  return {
    when,
    async reach(page, host) {
      const isHeld = whenHeld(host, (path) => path === STOP);
      await Promise.race([isHeld, keepUntil(page, counter, end)]);
    },
  };
}

type Counter = 'bytes' | 'files';
type End = number | 'totalBytes' | 'totalFiles';

/** A page that asks for this path waits for the answer and does nothing meanwhile. */
const STOP = '/stop';

/** Rejects if the app is kept before. */
function keepUntil(page: Page, counter: Counter, end: End): Promise<never> {
  const kept = page.evaluate(
    ([counter, end, stop]) => {
      const onProgress = (progress: CacheProgress): void => {
        if (progress[counter] < (typeof end === 'number' ? end : progress[end])) return;
        const request = new XMLHttpRequest();
        request.open('GET', stop, false);
        request.send();
      };
      return globalThis.offlineApp.keep({ onProgress });
    },
    [counter, end, STOP] as const,
  );
  return kept.then((result) => {
    throw new Error(`The moment to kill the browser did not come: ${result}`);
  });
}

/** Resolves once the host has a request for such a path, which it does not answer. */
function whenHeld(host: AppHost, isHeld: (path: string) => boolean): Promise<void> {
  return new Promise((resolve) => {
    host.hold((path) => {
      const isNow = isHeld(path);
      if (isNow) resolve();
      return isNow;
    });
  });
}
