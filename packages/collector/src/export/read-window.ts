import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReferenceProfile } from '@perigee/profile';
import type { PublishedModels } from '../published-models.ts';
import { HttpError } from '../http/http-error.ts';
import { RETENTION } from '../store/store.ts';
import type { StoreReader, WindowQuery } from '../store/store.ts';
import { rowsOf } from './rows.ts';
import type { ExportRow } from './rows.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const WEEK_HOURS = 168;

type Query = Pick<WindowQuery, 'model' | 'version' | 'fromHour' | 'toHour'>;

/**
 * Rows of a window, read a day at a time, so that months need no more memory than a day. Errors are
 * thrown before the first row.
 * @throws HttpError 404 for a model or version without any counts, 503 while the registry cannot be
 * read
 */
export async function readWindow(
  store: StoreReader,
  publishedModels: PublishedModels | null,
  query: Query,
  nowMs: number,
): Promise<AsyncGenerator<ExportRow, void, undefined>> {
  const known = (await store.totals()).some(
    ({ model, version }) =>
      model === query.model && (query.version === undefined || version === query.version),
  );
  if (!known)
    throw new HttpError(
      404,
      'MODEL_NOT_FOUND',
      'Nothing was counted for ' +
        `${query.version === undefined ? `a model "${query.model}"` : `${query.model}@${query.version}`} yet.`,
    );
  const points = await store.timeline(query);
  const published = new Map<
    string,
    { readonly id: string; readonly profile: ReferenceProfile } | null
  >();
  for (const { version } of points) {
    if (!published.has(version))
      published.set(
        version,
        (await publishedModels?.find(query.model, version))?.reference ?? null,
      );
  }
  const spans = spansOf(
    points.map(({ hour }) => hour),
    query,
    Math.floor(nowMs / HOUR_MS),
  );
  return rows();

  async function* rows(): AsyncGenerator<ExportRow, void, undefined> {
    for (const [fromHour, toHour] of spans) {
      // SQLite reads are synchronous. Let other requests run between days.
      await nextTurn();
      for (const profile of await store.sums({ ...query, fromHour, toHour }, [
        'backend',
        'browser',
        'segment',
        'hour',
      ])) {
        const reference = published.get(profile.key.version);
        yield* rowsOf(profile, reference?.id === profile.key.reference ? reference.profile : null);
      }
    }
  }
}

/**
 * Splits a window into days that have data, and into weeks where days may be rolled up to weeks
 * during the export. A sum that moves to the start of its day or week meanwhile stays in its span
 * and is read once.
 */
export function spansOf(
  hours: readonly number[],
  { fromHour, toHour }: Pick<WindowQuery, 'fromHour' | 'toHour'>,
  nowHour: number,
): (readonly [fromHour: number, toHour: number])[] {
  // Two days earlier than needed, in case the export runs past midnight.
  const weeksUntil = (Math.floor(nowHour / DAY_HOURS) - RETENTION.dayDays + 2) * DAY_HOURS;
  const spans = new Map<number, number>();
  for (const hour of hours) {
    const length = hour < weeksUntil ? WEEK_HOURS : DAY_HOURS;
    const start = hour - (hour % length);
    // A week cut by the border begins before it. Its days after the border are separate spans.
    spans.set(start, Math.min(start + length, hour < weeksUntil ? weeksUntil : toHour, toHour));
  }
  return [...spans]
    .toSorted(([a], [b]) => a - b)
    .map(([start, end]) => [Math.max(start, fromHour), end] as const);
}
