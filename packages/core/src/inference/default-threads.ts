/**
 * Half the cores, at most 4. More threads gain little in ONNX Runtime's wasm, and spinning thread
 * pools slow each other down (bench/RESULTS.md).
 */
export function defaultThreads(): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 2;
  return Math.max(1, Math.min(4, Math.ceil(cores / 2)));
}
