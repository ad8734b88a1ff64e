import type { AlertView } from '../../src/api.ts';

/** Sorts pages before tickets, latest first. */
export function byUrgency(a: AlertView, b: AlertView): number {
  return (
    Number(b.severity === 'page') - Number(a.severity === 'page') ||
    b.openedAt.localeCompare(a.openedAt)
  );
}
