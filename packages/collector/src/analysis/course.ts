import type { Course } from '../api-alerts.ts';
import type { WindowQuery } from '../store/store.ts';
import type { Reference } from '../published-models.ts';
import { fleetOf } from './fleet.ts';
import type { Measure } from './measure.ts';
import type { Sources } from './read-fleet.ts';
import { bucketHours, hourText } from './window.ts';

const DAY_HOURS = 24;
const MAX_STEPS = 72;

interface Span {
  readonly sinceHour: number;
  /** End of the bad hours. */
  readonly untilHour: number;
  readonly nowHour: number;
}

/**
 * The figure of an alert by hour, from a day before it was seen. A window of a day crosses the
 * threshold hours after the first bad hour, so the bad hours begin with the first of those in a row
 * that are themselves beyond the threshold.
 */
export async function courseOf(
  { store }: Pick<Sources, 'store'>,
  where: Omit<WindowQuery, 'fromHour' | 'toHour'>,
  { sinceHour, untilHour, nowHour }: Span,
  measure: Measure | null,
  reference: Reference | null,
  threshold: number | null,
): Promise<Course> {
  const [fromHour, toHour] = [
    sinceHour - DAY_HOURS,
    Math.min(nowHour + 1, untilHour + DAY_HOURS / 4),
  ];
  const least = bucketHours(fromHour, nowHour);
  const stepHours = least * Math.max(1, Math.ceil((toHour - fromHour) / MAX_STEPS / least));
  const steps = Array.from(
    { length: Math.ceil((toHour - fromHour) / stepHours) },
    (_, i) => fromHour + i * stepHours,
  );
  const span = {
    from: hourText(fromHour),
    to: hourText(toHour),
    stepHours,
    bad: { from: hourText(sinceHour), to: hourText(untilHour) },
  };
  const query: WindowQuery = { ...where, fromHour, toHour };
  if (!measure) {
    const hours = await store.timeline(query);
    const predicted = steps.map((hour) => ({
      at: hourText(hour),
      value: hours
        .filter((one) => one.hour >= hour && one.hour < hour + stepHours)
        .reduce((sum, one) => sum + one.predictions, 0),
    }));
    return { unit: 'predictions', points: predicted, threshold: null, ...span };
  }
  const sums = await store.sums(query, ['hour', 'group']);
  const points = steps.map((hour) => {
    const counted = sums.filter(
      ({ key }) =>
        key.hour >= hour &&
        key.hour < hour + stepHours &&
        (!reference || key.reference === reference.id),
    );
    const fleet = fleetOf(counted);
    return {
      at: hourText(hour),
      value: (fleet && measure.of(fleet, reference?.profile ?? null)?.value) ?? null,
    };
  });
  const line = measure.unit === 'number' ? null : threshold;
  const seen = steps.findLastIndex((hour) => hour <= sinceHour);
  const first = line === null ? seen : firstBad(points, seen, measure, line);
  return {
    unit: measure.unit,
    points,
    threshold: line,
    ...span,
    bad: { ...span.bad, from: hourText(Math.min(sinceHour, steps[first] ?? sinceHour)) },
  };
}

/** The earliest step of those in a row up to `seen` that are beyond the threshold. */
function firstBad(
  points: Course['points'],
  seen: number,
  { worse }: Measure,
  threshold: number,
): number {
  const isBad = (value: number): boolean =>
    worse === 'higher' ? value >= threshold : value <= threshold;
  let first = seen;
  for (let i = seen; i >= 0; i -= 1) {
    const value = points[i]?.value ?? null;
    // Hours in which little was counted, such as those of a night, decide nothing.
    if (value === null) continue;
    if (!isBad(value)) break;
    first = i;
  }
  return first;
}
