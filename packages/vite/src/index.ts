/**
 * A Vite plugin for apps that use `perigee`. Nothing that it does is needed: an app without it runs
 * as well.
 *
 * @packageDocumentation
 */
import type { Plugin } from 'vite';
import { dependencies } from './dependencies.ts';
import { isolation } from './isolation.ts';
import type { PerigeeOptions } from './options.ts';
import { registry } from './registry.ts';

export type { PerigeeOptions, RegistryOptions } from './options.ts';

/**
 * The plugin.
 * @example
 * ```ts
 * export default defineConfig({ plugins: [perigee({ isolation: true, registry: 'registry' })] });
 * ```
 */
export function perigee(options: PerigeeOptions = {}): Plugin[] {
  const { isolation: isIsolated, registry: models } = options;
  return [
    dependencies(),
    ...(isIsolated ? [isolation(isIsolated)] : []),
    ...(models === undefined
      ? []
      : [registry(typeof models === 'string' ? { folder: models } : models)]),
  ];
}
