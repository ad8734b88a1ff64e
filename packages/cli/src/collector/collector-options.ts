import { readFile } from 'node:fs/promises';
import type { CollectorOptions } from '@perigee/collector';
import { CommandError } from '../command.ts';
import { notifiersOf } from './notifiers.ts';
import type { NotifierOptions } from './notifiers.ts';
import { rollBackOption } from './roll-back.ts';
import type { RollBackOptions } from './roll-back.ts';

/** Options of `perigee collector`. */
export interface CollectorCommandOptions extends NotifierOptions, RollBackOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly origin?: readonly string[];
  readonly clickhouse?: string;
  readonly clickhouseCluster?: string;
  readonly rules?: string;
  readonly publicUrl?: string;
  readonly otlp?: string;
  readonly trustProxy?: true | number | readonly string[];
  readonly sampling?: readonly number[];
  readonly uploadsPerMinute: number;
  readonly monitor: boolean;
  readonly windowHours: number;
  readonly minDevices: number;
  readonly minObservations: number;
}

/**
 * Options of the collector from those of the command and from the environment.
 * @throws CommandError when an option is invalid, or a file cannot be read
 */
export async function collectorOptions(
  options: CollectorCommandOptions,
): Promise<Omit<CollectorOptions, 'store'>> {
  const { registry, origin, sampling, rules, publicUrl, otlp } = options;
  const { PERIGEE_COLLECTOR_ADMIN_KEY: adminKey, PERIGEE_COLLECTOR_INGEST_KEYS: ingestKeys } =
    process.env;
  const rollBack = await rollBackOption(options);
  return {
    port: options.port,
    host: options.host,
    dataDir: options.data,
    windowHours: options.windowHours,
    minDevices: options.minDevices,
    minObservations: options.minObservations,
    uploadsPerMinute: options.uploadsPerMinute,
    trustProxy: options.trustProxy ?? false,
    notifiers: await notifiersOf(options),
    ...(!options.monitor && { everyMs: 0 }),
    ...(sampling && { sampling }),
    ...(registry !== undefined && { registry }),
    ...(origin && { allowedOrigins: origin }),
    ...(adminKey !== undefined && { adminKey }),
    ...(ingestKeys !== undefined && {
      ingestKeys: ingestKeys.split(',').map((key) => key.trim()),
    }),
    ...(rules !== undefined && { rules: await readRules(rules) }),
    ...(publicUrl !== undefined && { publicUrl }),
    ...(rollBack && { rollBack }),
    ...(otlp !== undefined && { otlp: { url: otlp } }),
  };
}

async function readRules(path: string): Promise<NonNullable<CollectorOptions['rules']>> {
  const { parseRules } = await import('@perigee/collector');
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new CommandError(`--rules: ${path} cannot be read: ${cause.message}`);
  });
  return parseRules(text);
}
