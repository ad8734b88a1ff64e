import type { FetchedFile } from '../rpc/inference-api.ts';

/** The wasm files that this worker fetched, except those that a service worker answered. */
export function fetchedWasm(): readonly FetchedFile[] {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  return entries
    .filter(({ workerStart }) => workerStart === 0)
    .filter(({ name }) => /^https?:[^?#]*\.wasm([?#]|$)/i.test(name))
    .map(({ name, encodedBodySize, decodedBodySize }) => ({
      url: name,
      encodedBytes: encodedBodySize,
      decodedBytes: decodedBodySize,
    }));
}
