import { join, resolve } from 'node:path';
import { DEFAULT_RULES } from './alerts/rules.ts';
import { WINDOW_HOURS } from './monitor/monitor.ts';
import type { CollectorOptions } from './options.ts';

const UPLOADS_PER_MINUTE = 600;
const MIN_DEVICES = 50;

type WithDefault =
  | 'port'
  | 'host'
  | 'store'
  | 'dataDir'
  | 'uploadsPerMinute'
  | 'rules'
  | 'notifiers'
  | 'publicUrl'
  | 'minDevices'
  | 'windowHours'
  | 'logger';

/** The options of a collector, with their defaults filled in. */
export type Settings = CollectorOptions & Required<Pick<CollectorOptions, WithDefault>>;

/** @throws Error for an invalid number of uploads, or for `rollBack` without what it needs */
export function settingsOf(options: CollectorOptions): Settings {
  const { port = 4700, host = '127.0.0.1' } = options;
  checkRollback(options);
  return {
    ...options,
    port,
    host,
    store: options.store ?? { kind: 'sqlite' },
    // Make the path absolute: the query thread opens it later, when the working directory may have
    // changed.
    dataDir: resolve(options.dataDir ?? join('.perigee', 'collector')),
    uploadsPerMinute: checkedLimit(options.uploadsPerMinute ?? UPLOADS_PER_MINUTE),
    rules: options.rules ?? DEFAULT_RULES,
    notifiers: options.notifiers ?? {},
    publicUrl: options.publicUrl ?? urlOf(host, port),
    minDevices: options.minDevices ?? MIN_DEVICES,
    windowHours: options.windowHours ?? WINDOW_HOURS,
    logger: options.logger ?? console,
  };
}

function checkRollback({ rollBack, adminKey, registry }: CollectorOptions): void {
  if (rollBack && adminKey === undefined)
    throw new Error(
      'rollBack: expected an adminKey beside it, because anyone who reads this collector could ' +
        'roll a release back.',
    );
  if (rollBack && registry === undefined)
    throw new Error('rollBack: expected the registry beside it, whose channels are rolled back.');
}

function checkedLimit(uploadsPerMinute: number): number {
  if (uploadsPerMinute === Number.POSITIVE_INFINITY) return uploadsPerMinute;
  if (Number.isSafeInteger(uploadsPerMinute) && uploadsPerMinute > 0) return uploadsPerMinute;
  throw new Error(
    'uploadsPerMinute: expected a whole number above 0, or Infinity for no limit; ' +
      `got ${uploadsPerMinute}.`,
  );
}

export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
