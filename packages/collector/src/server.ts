import type { FastifyInstance } from 'fastify';
import { createApp } from './http/app.ts';
import { checkKeys } from './http/auth.ts';
import type { CollectorOptions } from './options.ts';
import { registerRoutes } from './routes.ts';
import { closeServices, openServices, startTimers } from './services.ts';
import { settingsOf, urlOf } from './settings.ts';
import type { Settings } from './settings.ts';

export interface Collector {
  readonly url: string;
  readonly port: number;
  /** Commits waiting uploads, then stops the server. */
  close(): Promise<void>;
}

/**
 * Starts ingest, analysis, alerts and the dashboard in one process.
 * @throws Error for invalid options, or if the port is in use
 * @example
 * ```ts
 * const adminKey = process.env.PERIGEE_COLLECTOR_ADMIN_KEY;
 * const collector = await startCollector({ registry: './registry', adminKey });
 * console.log(collector.url);
 * await collector.close();
 * ```
 */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  checkKeys(options);
  const settings = settingsOf(options);
  const app = await createApp(settings);
  const services = await openServices(settings);
  const timers = startTimers(settings, services);
  app.addHook('onClose', () => closeServices(services, timers));
  try {
    await registerRoutes(app, settings, services);
    await app.listen({ port: settings.port, host: settings.host });
  } catch (error) {
    await app.close();
    throw portInUse(error, settings) ?? error;
  }
  const port = portOf(app) ?? settings.port;
  return { url: urlOf(settings.host, port), port, close: () => app.close() };
}

function portInUse(cause: unknown, { port }: Settings): Error | undefined {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) return undefined;
  return new Error(
    `Port ${port} is taken by another program. Stop that program, or start the collector with ` +
      'another port; port 0 finds a free one.',
    { cause },
  );
}

function portOf(app: FastifyInstance): number | undefined {
  const address = app.server.address();
  return typeof address === 'object' ? address?.port : undefined;
}
