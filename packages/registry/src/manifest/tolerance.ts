import type { Tolerance } from './manifest.ts';

/** By variant and backend as `fp16/webgpu`, by variant as `fp16`, by backend as `webgpu`, and `default`. */
export type Tolerances = Readonly<Record<string, Tolerance>> & { readonly default: Tolerance };

/** What golden samples may be off by on a device: the most particular entry there is. */
export function toleranceFor(tolerances: Tolerances, variant: string, backend: string): Tolerance {
  const key = [`${variant}/${backend}`, variant, backend].find((name) => Object.hasOwn(tolerances, name)) ?? 'default';
  return tolerances[key] ?? tolerances.default;
}
