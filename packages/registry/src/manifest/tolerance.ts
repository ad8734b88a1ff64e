import type { Tolerance } from './manifest.ts';

/**
 * Tolerances by key: variant and backend (`fp16/webgpu`), variant (`fp16`), backend (`webgpu`), or
 * `default`.
 */
export type Tolerances = Readonly<Record<string, Tolerance>> & { readonly default: Tolerance };

/**
 * The tolerance of golden samples on a device, from the most specific key that exists: variant and
 * backend, variant, backend, default.
 * @example
 * ```ts
 * const { atol, rtol } = toleranceFor(manifest.golden.tolerance, 'fp16', 'webgpu');
 * ```
 */
export function toleranceFor(tolerances: Tolerances, variant: string, backend: string): Tolerance {
  const key =
    [`${variant}/${backend}`, variant, backend].find((name) => Object.hasOwn(tolerances, name)) ??
    'default';
  return tolerances[key] ?? tolerances.default;
}
