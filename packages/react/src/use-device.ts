import type { PollingOptions, QueryState } from '@perigee/bindings';
import type { StorageReport, TelemetryStatus } from 'perigee';
import { useBindings, usePolledStore } from './provider.ts';

/** The result of `useStorage()`: the report on the storage as `data`. */
export type UseStorageResult = QueryState<StorageReport>;

/** The result of `useTelemetry()`: the numbers of batches as `data`. */
export type UseTelemetryResult = QueryState<TelemetryStatus>;

/**
 * The models that are stored on this device, and their sizes.
 * @example
 * const { data } = useStorage({ refetchInterval: 2_000 });
 * return <p>{data?.chunkBytes} bytes</p>;
 */
export function useStorage(options?: PollingOptions): UseStorageResult {
  return usePolledStore(useBindings().storage, options);
}

/**
 * The telemetry batches that wait on this device, were sent, and were lost. It follows each change
 * that the `Perigee` reports.
 * @example
 * const { data } = useTelemetry();
 * return <p>{data?.queued} batches wait</p>;
 */
export function useTelemetry(options?: PollingOptions): UseTelemetryResult {
  return usePolledStore(useBindings().telemetry, options);
}
