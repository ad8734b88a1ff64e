import type { FastifyInstance } from 'fastify';
import { readComparison } from '../../analysis/read-comparison.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { hourText } from '../../analysis/window.ts';
import { checkCrowd, checkSlice } from './check-slice.ts';
import { parseWindow } from './parse-window.ts';
import type { CompareAnswer } from '../../api.ts';
import { HttpError } from '../../http/http-error.ts';
import { RETENTION } from '../../store/store.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

const DEFAULT_DAYS = 14;
const DAY_MS = 86_400_000;

/**
 * GET /v1/models/:name/compare?champion=1.0.0&challenger=1.1.0: is the new version worse? The
 * window begins when both versions are deployed.
 */
export function registerCompare(app: FastifyInstance, sources: Sources): void {
  app.get<ModelRequest>(
    '/v1/models/:name/compare',
    { schema: modelSchema },
    ({ params: { name }, query }) => compareOf(sources, name, query),
  );
}

/** @throws HttpError 400 without two versions, 404 where one of them has no counts */
export async function compareOf(
  sources: Sources,
  name: string,
  query: ModelRequest['Querystring'],
): Promise<CompareAnswer> {
  const { champion, challenger } = query;
  if (champion === undefined || challenger === undefined || champion === challenger)
    throw new HttpError(
      400,
      'INVALID_INPUT',
      'Two versions are compared: ?champion=1.0.0&challenger=1.1.0',
    );
  const window = parseWindow(
    {
      from: query.from ?? new Date(Date.now() - DEFAULT_DAYS * DAY_MS).toISOString(),
      ...(query.to !== undefined && { to: query.to }),
    },
    Date.now(),
  );
  await checkSlice(sources, name, { ...query, version: challenger }, window);
  const check = (sums: readonly { readonly devices: number }[]): void => {
    const devices = sums.reduce((all, one) => all + one.devices, 0);
    // The compared hours may be fewer than the window, and the champion's devices are others.
    checkCrowd({ devices }, query, sources.minDevices);
  };
  const { fromHour, toHour } = window;
  const pair = { model: name, champion, challenger };
  const nowMs = Date.now();
  const asked = { ...pair, fromHour, toHour, nowMs, slice: query, check };
  const answer = await readComparison(sources, asked);
  if (!('missing' in answer)) return answer;
  throw new HttpError(
    404,
    'NO_DATA',
    `Nothing was counted for ${name}@${answer.missing} from ${hourText(answer.fromHour)} to ` +
      `${window.to}. ` +
      'Versions are compared since both are out, hour by hour, and hours are kept for ' +
      `${RETENTION.hourDays} days.`,
  );
}
