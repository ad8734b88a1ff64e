import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Fastify from 'fastify';
import type { FastifyServerOptions, RouteOptions } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { registerReads } from './query-thread/routes/register-reads.ts';
import { startCollector } from './server.ts';

const PAGE = new URL('../../../docs/reference/http-api.md', import.meta.url);
/** The query thread answers these: its own routes are more precise. */
const FORWARDED = '/v1/models/*';
/** Files of the dashboard, and preflights of uploads. */
const NOT_LISTED = ['/', '/*', '*'];

const { registered } = vi.hoisted(() => ({ registered: new Set<string>() }));

vi.mock('fastify', async (original) => {
  const { default: fastify, ...rest } = await original<typeof Fastify>();
  return {
    ...rest,
    default: (options: FastifyServerOptions) => {
      const app = fastify(options);
      app.addHook('onRoute', ({ method, url }: RouteOptions) => {
        for (const each of [method].flat()) registered.add(`${each} ${url}`);
      });
      return app;
    },
  };
});

test('the page about the HTTP API has every route of the collector, and no other', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-routes-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const adminKey = 'a key of twenty letters';
  const collector = await startCollector({ dataDir, adminKey, port: 0 });
  await collector.close();
  const { default: fastify } = await import('fastify');
  const sources = { store: {}, publishedModels: null, minDevices: 1 };
  registerReads(fastify(), sources as never, {} as never);

  const page = await readFile(PAGE, 'utf8');
  const listed = Array.from(page.matchAll(/^\| `((?:GET|POST) [^`]+)`/gm), ([, route]) => route);
  const routes = [...registered].filter((route) => {
    const [method = '', url = ''] = route.split(' ');
    return ['GET', 'POST'].includes(method) && ![FORWARDED, ...NOT_LISTED].includes(url);
  });
  expect(listed.sort()).toEqual(routes.sort());
  expect(routes.length).toBeGreaterThan(15);
});
