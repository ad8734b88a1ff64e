import type { RoleName } from './registry.ts';

/** Days before expiry from which commands warn. Keys that are kept offline take longer to fetch. */
export const WARN_DAYS: Readonly<Record<RoleName, number>> = {
  root: 60,
  targets: 30,
  channels: 7,
  snapshot: 7,
  timestamp: 7,
};
