/** Half the cores, at most 4: more gains little in ONNX Runtime's wasm, and spinning pools slow each other (bench/RESULTS.md). */
export function defaultThreads(): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 2;
  return Math.max(1, Math.min(4, Math.ceil(cores / 2)));
}
