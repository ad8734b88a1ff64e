/**
 * First bad hours of one cause may differ by this much: a rule that needs more counts sees it
 * later.
 */
const SAME_ONSET_MS = 3 * 3_600_000;

interface Alike {
  readonly model: string;
  readonly version: string;
  readonly since: string;
  readonly state: 'open' | 'resolved';
}

/**
 * Groups alerts that probably have one cause: alerts of one version whose first bad hours are close
 * to each other. Groups and their alerts keep the given order.
 */
export function groupByCause<T extends Alike>(alerts: readonly T[]): (readonly [T, ...T[]])[] {
  let groups: [T, ...T[]][] = [];
  for (const alert of alerts) {
    const alike = groups.filter((group) => group.some((other) => isSameCause(alert, other)));
    const [first, ...more] = alike;
    if (!first) {
      groups.push([alert]);
      continue;
    }
    first.push(...more.flat(), alert);
    groups = groups.filter((group) => !more.includes(group));
  }
  return groups;
}

function isSameCause(a: Alike, b: Alike): boolean {
  return (
    a.model === b.model &&
    a.version === b.version &&
    a.state === b.state &&
    Math.abs(Date.parse(a.since) - Date.parse(b.since)) <= SAME_ONSET_MS
  );
}
