import { version } from 'vite';
import type { Plugin } from 'vite';

/**
 * Vite before 8 copies dependencies to another folder in development, away from the files that they
 * name. `perigee` stays where it is.
 */
export function dependencies(): Plugin {
  return {
    name: 'perigee:dependencies',
    config: () => (majorOf(version) < 8 ? { optimizeDeps: { exclude: ['perigee'] } } : undefined),
  };
}

/** `7.3.8` → 7 */
export function majorOf(text: string): number {
  return Number.parseInt(text, 10);
}
