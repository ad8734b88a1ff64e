import { chromium, test } from '@playwright/test';
import type { BrowserContext, Page } from '@playwright/test';
import { startAppHost } from './app-host.ts';
import type { AppHost, Served } from './app-host.ts';

export interface OpenApp {
  readonly host: AppHost;
  readonly context: BrowserContext;
  readonly page: Page;
  close(): Promise<void>;
}

/**
 * Opens the first build of the app in a browser of its own. Its profile is on the disk, because the
 * HTTP cache of a private window takes no large file.
 */
export async function openApp(init?: () => void): Promise<OpenApp> {
  const host = await startAppHost('one');
  const { launchOptions } = test.info().project.use;
  const profile = test.info().outputPath('profile');
  const context = await chromium.launchPersistentContext(profile, launchOptions);
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  await page.goto(host.url);
  await page.evaluate(() => globalThis.offlineApp.opened());
  return {
    host,
    context,
    page,
    async close() {
      await context.close();
      await host.stop();
    },
  };
}

/** Looks for a new build, and waits until it is installed. */
export async function findUpdate(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const app = await globalThis.offlineApp.opened();
    await app.registration.update();
    while (app.update === 'none') await new Promise((resolve) => setTimeout(resolve, 20));
  });
}

/** Waits until the service worker answers this page. */
export async function controlled(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** Paths in all caches of the page's origin, with the query. */
export function cached(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const paths: string[] = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys())
        paths.push(url.slice(new URL(url).origin.length));
    return paths.toSorted();
  });
}

export function size(page: Page) {
  return page.evaluate(async () => (await globalThis.offlineApp.opened()).size());
}

/**
 * The requests for files of the app, without those to the registry. A browser may look for a new
 * service worker by itself at any time, so requests for its script are left out.
 */
export function ofTheApp(host: AppHost): readonly Served[] {
  return host.served.filter(({ path }) => !path.startsWith('/registry/') && path !== '/sw.js');
}

export function bytesOf(served: readonly Served[]): number {
  return served.reduce((sum, { bytes }) => sum + bytes, 0);
}
