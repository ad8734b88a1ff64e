import { table } from '../shared/table.mjs';

/**
 * When a device is killed: at its n-th request, at the n-th change of its store, or a number of
 * milliseconds after it began.
 */
export type Moment =
  | { readonly kind: 'request'; readonly n: number }
  | { readonly kind: 'store'; readonly n: number }
  | { readonly kind: 'random'; readonly ms: number };

export interface Seen {
  readonly moment: Moment;
  /** Step of the update algorithm that the device was in, judged by its last request. */
  readonly step: string;
  readonly outcome: 'old' | 'new' | 'neither' | 'mixture';
  readonly detail: string;
}

/** Alternates between each request and each change in turn, and random times. */
export function moments(
  count: number,
  requests: number,
  changes: number,
  spanMs: number,
  random: () => number,
): Moment[] {
  const steps: Moment[] = [
    ...Array.from({ length: requests }, (_, i) => ({ kind: 'request', n: i + 1 }) as const),
    ...Array.from({ length: changes }, (_, i) => ({ kind: 'store', n: i + 1 }) as const),
  ];
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0 || steps.length === 0)
      return { kind: 'random', ms: Math.floor(random() * spanMs) } as const;
    // Spread over all requests and changes, even if there are fewer kills than these.
    return steps[
      Math.floor(((((i >> 1) * 2_654_435_761) % 4_294_967_296) / 4_294_967_296) * steps.length)
    ] as Moment;
  });
}

/** The step of the update algorithm that requests this path. */
export function stepOf(path: string | undefined): string {
  if (path === undefined) return 'U0 before any request';
  if (path.endsWith('root.json')) return 'U2 root';
  if (/(timestamp|snapshot|targets|channels)\.json$/.test(path) && path.includes('metadata'))
    return 'U3 metadata';
  if (path.includes('/channels/')) return 'U4 channel';
  if (path.includes('manifest.json')) return 'U5 manifest';
  return path.includes('/blobs/') ? 'U7–U13 objects, trial, flip' : 'U0 before any request';
}

/** A table of outcomes by step. */
export function matrix(title: string, seen: readonly Seen[]): string {
  const steps = [...new Set(seen.map(({ step }) => step))].toSorted();
  const count = (step: string, outcome: Seen['outcome']): number =>
    seen.filter((one) => one.step === step && one.outcome === outcome).length;
  const rows = [
    ['step', 'rounds', 'old', 'new', 'neither', 'mixture'],
    ...steps.map((step) => [
      step,
      seen.filter((one) => one.step === step).length,
      count(step, 'old'),
      count(step, 'new'),
      count(step, 'neither'),
      count(step, 'mixture'),
    ]),
  ];
  return `${title}: ${seen.length} rounds\n${table(rows)}`;
}
