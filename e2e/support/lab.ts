import { expect } from '@playwright/test';
import type { Browser, BrowserContext, Page, Request } from '@playwright/test';
import { fetchedAhead } from './fetched-ahead.mjs';
import { startStaticHost } from './static-host.ts';
import type { HostOptions, StaticHost } from './static-host.ts';
import { LAB, REGISTRY } from './paths.ts';

export interface OpenLab {
  readonly host: StaticHost;
  readonly context: BrowserContext;
  readonly page: Page;
  /**
   * Takes the network away after a load. Waits until the page has the code that the SDK fetches
   * after it, and until no request is pending.
   */
  goOffline(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the lab page in a browser context of its own, with the demo registry and the models folder
 * beside it.
 */
export async function openLab(
  browser: Browser,
  options: HostOptions & {
    registry?: string;
    models?: string;
    folders?: Readonly<Record<string, string>>;
  } = {},
): Promise<OpenLab> {
  const host = await startStaticHost(
    {
      '/': LAB.built,
      '/registry/': options.registry ?? REGISTRY,
      ...(options.models && { '/models/': options.models }),
      ...options.folders,
    },
    options,
  );
  const context = await browser.newContext();
  const pending = pendingRequests(context);
  const page = await context.newPage();
  await visitLab(page, host);
  return {
    host,
    context,
    page,
    async goOffline() {
      await page.evaluate(fetchedAhead);
      await expect.poll(() => [...pending].map((request) => request.url())).toEqual([]);
      await context.setOffline(true);
    },
    async close() {
      await context.close();
      await host.close();
    },
  };
}

export async function visitLab(page: Page, host: StaticHost): Promise<void> {
  await page.goto(host.url);
  await page.waitForFunction(() => document.title === 'lab ready');
}

/** The requests of a context that are not answered yet. The set follows them from now on. */
function pendingRequests(context: BrowserContext): ReadonlySet<Request> {
  const pending = new Set<Request>();
  context.on('request', (request) => pending.add(request));
  context.on('requestfinished', (request) => pending.delete(request));
  context.on('requestfailed', (request) => pending.delete(request));
  return pending;
}
