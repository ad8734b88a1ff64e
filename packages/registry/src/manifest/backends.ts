/**
 * Names of the backends: what runs a model's kernels. Manifests name them in requirements and
 * tolerances, devices in their counts.
 */
export const BACKENDS = ['webgpu', 'webnn', 'webgl', 'wasm', 'cpu', 'native'] as const;
export type BackendName = (typeof BACKENDS)[number];
