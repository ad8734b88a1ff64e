import type { FastifyInstance } from 'fastify';
import { windowQuery } from '../../analysis/read-fleet.ts';
import { checkSlice } from './check-slice.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { hourText } from '../../analysis/window.ts';
import { parseWindow } from './parse-window.ts';
import { bucketOf } from '../../store/bucket.ts';
import { RETENTION } from '../../store/store.ts';
import type { HourTotals } from '../../store/store.ts';
import type { TimelineAnswer } from '../../api.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

const HOUR_MS = 3_600_000;

/** GET /v1/models/:name/timeline: predictions, errors and sessions by hour and version. */
export function registerTimeline(app: FastifyInstance, sources: Sources): void {
  app.get<ModelRequest>(
    '/v1/models/:name/timeline',
    { schema: modelSchema },
    async ({ params, query }): Promise<TimelineAnswer> => {
      const now = Date.now();
      const window = parseWindow(query, now);
      await checkSlice(sources, params.name, query, window);
      const rows = await sources.store.timeline(windowQuery(params.name, query, window));
      return {
        model: params.name,
        from: window.from,
        to: window.to,
        points: pointsOf(rows, Math.floor(now / HOUR_MS)),
      };
    },
  );
}

/**
 * Merges hours that belong to one bucket into one point, whether or not they are rolled up already.
 */
function pointsOf(rows: readonly HourTotals[], nowHour: number): TimelineAnswer['points'] {
  const points = new Map<string, Omit<HourTotals, 'hour'> & { hour: string; hours: number }>();
  for (const { hour, ...row } of rows) {
    const { from, to } = bucketOf(hour, nowHour, RETENTION);
    const key = `${from} ${row.version}`;
    const known = points.get(key);
    points.set(key, known ? added(known, row) : { hour: hourText(from), hours: to - from, ...row });
  }
  return [...points.values()];
}

function added<T extends Omit<HourTotals, 'hour'>>(sum: T, row: Omit<HourTotals, 'hour'>): T {
  const counts = Object.entries(row).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return {
    ...sum,
    ...Object.fromEntries(
      counts.map(([name, count]) => [name, count + Number(sum[name as keyof T])]),
    ),
  };
}
