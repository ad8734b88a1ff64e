import type { FastifyInstance } from 'fastify';
import type { Profile } from '@perigee/profile';
import type { Rules } from '../../alerts/thresholds.ts';
import { judgeDrift, ratioOf } from '../../analysis/drift.ts';
import type { DriftOptions } from '../../analysis/drift.ts';
import { fleetOf } from '../../analysis/fleet.ts';
import { judgeQuality } from '../../analysis/quality.ts';
import type { JudgedQuality } from '../../analysis/quality.ts';
import { readFleet, readSums, windowQuery } from '../../analysis/read-fleet.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { shownDrift } from '../../analysis/shown-drift.ts';
import { bucketHours, hourText, wholeBuckets } from '../../analysis/window.ts';
import type { Window } from '../../analysis/window.ts';
import type { SliceQuery } from '../../api.ts';
import type { DriftAnswer, DriftHistoryAnswer, QualityCheck } from '../../api-quality.ts';
import { HttpError } from '../../http/http-error.ts';
import { referenceOf } from '../../published-models.ts';
import { checkCrowd, checkSlice } from './check-slice.ts';
import { openWindow, versionOf } from './open-window.ts';
import { parseWindow } from './parse-window.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
const MAX_STEPS = 48;

/**
 * GET /v1/models/:name/drift and …/drift-history: compares a version's windows with its reference,
 * an earlier window or another version.
 */
export function registerDrift(
  app: FastifyInstance,
  sources: Sources,
  options: DriftOptions,
  rules: Pick<Rules, 'rules'>,
): void {
  app.get<ModelRequest>(
    '/v1/models/:name/drift',
    { schema: modelSchema },
    async ({ params: { name }, query }): Promise<DriftAnswer> => {
      const { version, reference, window, fleet } = await openWindow(sources, name, query);
      const { against, base } = await baseOf(sources, name, version, reference.id, query, window);
      const { total, devices, groups } = fleet;
      return {
        model: name,
        version,
        from: window.from,
        to: window.to,
        reference: reference.id,
        against,
        predictions: total.predictions,
        devices,
        groups: groups.length,
        ...shownDrift(fleet, reference.profile, options, base),
        quality: judgeQuality(fleet, reference.profile, rules.rules).map(shownCheck),
      };
    },
  );

  app.get<ModelRequest>(
    '/v1/models/:name/drift-history',
    { schema: modelSchema },
    async ({ params: { name }, query }): Promise<DriftHistoryAnswer> => {
      const { store, publishedModels } = sources;
      const version = await versionOf(store, name, query.version);
      const { id, profile } = await referenceOf(publishedModels, name, version);
      const now = Date.now();
      const window = parseWindow(query, now);
      await checkSlice(sources, name, { ...query, version }, window);
      // A step is at least as long as the stored buckets.
      const least = bucketHours(window.fromHour, Math.floor(now / HOUR_MS));
      const stepHours = least * Math.ceil((window.toHour - window.fromHour) / MAX_STEPS / least);
      const sums = await readSums(store, windowQuery(name, { ...query, version }, window), id, [
        'hour',
        'group',
      ]);
      const steps = Array.from(
        { length: Math.ceil((window.toHour - window.fromHour) / stepHours) },
        (_, i) => window.fromHour + i * stepHours,
      );
      const judged = steps.map((from) => {
        const fleet = fleetOf(
          sums.filter(({ key }) => key.hour >= from && key.hour < from + stepHours),
        );
        return (fleet ? judgeDrift(fleet, profile, options).features : []).map((one) =>
          one.verdict === 'too-little-data' ? null : one,
        );
      });
      const features = profile.features.map((feature, f) => ({
        name: feature.name,
        ratios: judged.map((step) => (step[f] ? ratioOf(step[f]) : null)),
        verdicts: judged.map((step) => step[f]?.verdict ?? null),
      }));
      return {
        model: name,
        version,
        from: window.from,
        to: window.to,
        steps: steps.map(hourText),
        stepHours,
        features,
      };
    },
  );
}

function shownCheck({
  feature,
  rule,
  value,
  usual,
  threshold,
  verdict,
  shortfall,
}: JudgedQuality): QualityCheck {
  return { feature, rule, value, usual, threshold, verdict, shortfall };
}

/**
 * The baseline, if it is not the reference. The counts of another version must have the same bins.
 */
async function baseOf(
  { store, minDevices }: Sources,
  model: string,
  version: string,
  reference: string,
  query: SliceQuery & { readonly against?: string },
  window: Window,
): Promise<{ against: DriftAnswer['against']; base?: Profile }> {
  const { against = 'reference' } = query;
  if (against === 'reference') return { against: { kind: 'reference' } };
  const hours = window.toHour - window.fromHour;
  const isPrevious = against === 'previous' || against === 'week-before';
  const before = earlier(window, against === 'week-before' ? WEEK_HOURS : hours);
  const fleet = await readFleet(
    store,
    windowQuery(
      model,
      { ...query, version: isPrevious ? version : against },
      isPrevious ? before : window,
    ),
    reference,
  );
  if (!fleet)
    throw new HttpError(
      404,
      'NO_DATA',
      isPrevious
        ? `Nothing was counted for ${model}@${version} from ${hourText(before.fromHour)} to ` +
            `${hourText(before.toHour)}.`
        : `Nothing was counted for ${model}@${against} in this window against the same ` +
            `reference as ${version}'s.`,
    );
  checkCrowd(fleet, query, minDevices);
  return {
    against: isPrevious
      ? { kind: against, from: hourText(before.fromHour), to: hourText(before.toHour) }
      : { kind: 'version', version: against },
    base: fleet.total,
  };
}

/**
 * The window shifted back by that many hours.
 * @throws HttpError 400 if it does not align with the stored buckets
 */
function earlier({ fromHour, toHour }: Window, by: number): { fromHour: number; toHour: number } {
  const asked = { fromHour: fromHour - by, toHour: toHour - by };
  const kept = wholeBuckets(asked.fromHour, asked.toHour, Math.floor(Date.now() / HOUR_MS));
  if (kept.fromHour === asked.fromHour && kept.toHour === asked.toHour) return asked;
  throw new HttpError(
    400,
    'INVALID_INPUT',
    `What is ${by} hours before begins ${hourText(asked.fromHour)}, and hours so old are ` +
      'kept as days or weeks. Ask for whole days: from at 00:00 and to at 23:59 UTC.',
  );
}
