import type { Browser } from '@playwright/test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { visitLab } from './lab.ts';
import type { OpenLab } from './lab.ts';
import { LAB, REGISTRY } from './paths.ts';
import { startStaticHost } from './static-host.ts';
import type { StaticHost } from './static-host.ts';

export interface OpenLabElsewhere extends Omit<OpenLab, 'goOffline'> {
  /** The host of the scripts, such as a CDN. `host` serves the page. */
  readonly cdn: StaticHost;
}

/**
 * The lab page on one origin, all its scripts on another. `policy` is the page's
 * Content-Security-Policy, for the CDN's address.
 */
export async function openLabElsewhere(
  browser: Browser,
  folders: Readonly<Record<string, string>>,
  { policy, isolated = false }: { policy?: (cdn: string) => string; isolated?: boolean } = {},
): Promise<OpenLabElsewhere> {
  const cdn = await startStaticHost(
    { '/': LAB.built },
    { isolated: false, headers: { 'access-control-allow-origin': '*' } },
  );
  const page = await mkdtemp(join(tmpdir(), 'perigee-page-'));
  const html = await readFile(join(LAB.built, 'index.html'), 'utf8');
  await writeFile(join(page, 'index.html'), html.replaceAll('"/assets/', `"${cdn.url}assets/`));
  await writeFile(
    join(page, 'frame.html'),
    '<iframe sandbox="allow-scripts" src="/index.html"></iframe>',
  );
  const headers = policy ? { 'content-security-policy': policy(cdn.url) } : {};
  const host = await startStaticHost(
    { '/': page, '/registry/': REGISTRY, ...folders },
    { isolated, headers },
  );
  const context = await browser.newContext();
  const opened = await context.newPage();
  await visitLab(opened, host);
  return {
    host,
    cdn,
    context,
    page: opened,
    async close() {
      await context.close();
      await host.close();
      await cdn.close();
      await rm(page, { recursive: true, force: true });
    },
  };
}
