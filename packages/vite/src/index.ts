/**
 * A Vite plugin for apps that use `perigee`. Nothing that it does is needed: an app without it runs
 * as well.
 *
 * @packageDocumentation
 */
import type { Plugin } from 'vite';
import { checks } from './checks.ts';
import { dependencies } from './dependencies.ts';
import { isolation } from './isolation.ts';
import type { PerigeeOptions } from './options.ts';
import { registry } from './registry.ts';
import { serviceWorker } from './service-worker.ts';
import { types } from './types.ts';

export type {
  PerigeeOptions,
  PrecacheEntry,
  RegistryOptions,
  ServiceWorkerOptions,
  TypesOptions,
} from './options.ts';

/**
 * The plugin.
 * @example
 * ```ts
 * export default defineConfig({ plugins: [perigee({ isolation: true, registry: 'registry' })] });
 * ```
 */
export function perigee(options: PerigeeOptions = {}): Plugin[] {
  const models =
    typeof options.registry === 'string' ? { folder: options.registry } : options.registry;
  const worker =
    typeof options.serviceWorker === 'string'
      ? { source: options.serviceWorker }
      : options.serviceWorker;
  return [
    dependencies(),
    checks(),
    ...(options.isolation ? [isolation(options.isolation)] : []),
    ...(models ? [registry(models)] : []),
    ...(options.types ? [types(options.types === true ? {} : options.types, models?.folder)] : []),
    ...(worker ? [serviceWorker(worker)] : []),
  ];
}
