import type { Browser, BrowserContext, Page } from '@playwright/test';
import { startStaticHost } from './static-host.ts';
import type { HostOptions, StaticHost } from './static-host.ts';
import { LAB, REGISTRY } from './paths.ts';

export interface OpenLab {
  readonly host: StaticHost;
  readonly context: BrowserContext;
  readonly page: Page;
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
  const page = await context.newPage();
  await visitLab(page, host);
  return {
    host,
    context,
    page,
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
