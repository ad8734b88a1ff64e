import type { AlertView } from '../../src/api.ts';

/** Sorts pages before tickets, and alerts that nothing covers before others; latest first. */
export function byUrgency(a: AlertView, b: AlertView): number {
  return (
    Number(b.severity === 'page') - Number(a.severity === 'page') ||
    Number(a.inhibitedBy !== null) - Number(b.inhibitedBy !== null) ||
    b.openedAt.localeCompare(a.openedAt)
  );
}
