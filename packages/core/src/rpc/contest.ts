import type { BackendRequest } from '../main/backends/choose-backend.ts';

/** The place where a device remembers the fastest backend of a version, and the device. */
export interface Contest {
  readonly memoryKey: string;
  readonly deviceKey: string;
}

/** Null if the app asked for a backend, which then needs no trial. */
export function contestOf({ runtime, wanted, memory }: BackendRequest): Contest | null {
  return wanted === 'auto'
    ? { memoryKey: memory?.key ?? '', deviceKey: runtime.deviceKey() }
    : null;
}
