import type { FastifyInstance } from 'fastify';
import type { Profile } from '@perigee/profile';
import { bothOutSince, firstWholeHour } from '../../analysis/both-out.ts';
import { compareVersions } from '../../analysis/compare.ts';
import { keptHarmOf, keptHarms } from '../../analysis/kept-harm.ts';
import type { KeptHarm } from '../../analysis/kept-harm.ts';
import { windowQuery } from '../../analysis/read-fleet.ts';
import { checkCrowd, checkSlice } from './check-slice.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { rolloutShare, shareSince } from '../../analysis/rollout-share.ts';
import { hourText } from '../../analysis/window.ts';
import { parseWindow } from './parse-window.ts';
import type { CompareAnswer } from '../../api.ts';
import { HttpError } from '../../http/http-error.ts';
import { RETENTION } from '../../store/store.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

const DEFAULT_DAYS = 14;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const SLICES = ['backend', 'browser', 'segment'] as const;

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
  const { store, publishedModels } = sources;
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
  const file = await publishedModels?.channels(name).catch(() => undefined);
  const kept = firstWholeHour(Math.floor(Date.now() / HOUR_MS));
  const hourly = { fromHour: Math.max(window.fromHour, kept), toHour: window.toHour };
  const pair = { model: name, champion, challenger };
  const fromHour = (await bothOutSince(store, file, pair, hourly)) ?? hourly.fromHour;
  const read = async (version: string): Promise<Profile[]> => {
    const slice = windowQuery(name, { ...query, version }, { ...window, fromHour });
    const sums = fromHour < window.toHour ? await store.sums(slice, ['group', 'hour']) : [];
    const devices = sums.reduce((all, one) => all + one.devices, 0);
    // The compared hours may be fewer than the window, and the champion's devices are others.
    if (sums.length > 0) checkCrowd({ devices }, query, sources.minDevices);
    if (sums.length > 0) return sums;
    throw new HttpError(
      404,
      'NO_DATA',
      `Nothing was counted for ${name}@${version} from ${hourText(fromHour)} to ` +
        `${window.to}. ` +
        'Versions are compared since both are out, hour by hour, and hours are kept for ' +
        `${RETENTION.hourDays} days.`,
    );
  };
  const after = await read(challenger);
  const before = await read(champion);
  const arms = { champion: before, challenger: after };
  const compared = compareVersions(arms, rolloutShare(file, challenger), shareSince(file));
  const seen = keptHarmOf(await keptHarms(store), pair, file);
  const isWhole = SLICES.every((slice) => query[slice] === undefined);
  const isShown = seen !== undefined && isWhole && seen.sinceMs < window.toHour * HOUR_MS;
  const answer = isShown ? stillHarm(compared, seen) : { ...compared, harmSince: null };
  return { ...pair, from: hourText(fromHour), to: window.to, ...answer };
}

type Compared = ReturnType<typeof compareVersions>;

/** The reasons are of the counts there are now, or of the time when the harm was seen. */
function stillHarm(
  compared: Compared,
  { reasons, sinceMs }: KeptHarm,
): Compared & Pick<CompareAnswer, 'harmSince'> {
  const harmSince = new Date(sinceMs).toISOString();
  if (compared.verdict === 'harm') return { ...compared, harmSince };
  return { ...compared, verdict: 'harm', reasons, harmSince };
}
