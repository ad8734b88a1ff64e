import type { FastifyInstance } from 'fastify';
import type { Alert } from '../../alerts/alert.ts';
import { messageOf } from '../../message-of.ts';
import type { DriftOptions } from '../../analysis/drift.ts';
import { groupBy } from '../../analysis/group-by.ts';
import { NO_FIGURES, stateOf } from '../../analysis/health.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { createVersionJudge } from '../../analysis/version-judge.ts';
import type { VersionJudge } from '../../analysis/version-judge.ts';
import { parseWindow } from './parse-window.ts';
import type { ModelHealth, OverviewAnswer, VersionHealth } from '../../api.ts';
import { compareVersion, isVersion } from '@perigee/registry';
import type { PublishedModel } from '../../published-models.ts';
import type { VersionQuery } from '../../store/store.ts';

/** Versions that were not used for this long are hidden. */
const SHOWN_HOURS = 14 * 24;

/** GET /v1/overview: a summary of every model and version. */
export function registerOverview(
  app: FastifyInstance,
  sources: Sources,
  tracked: () => Promise<readonly Alert[]>,
  options: DriftOptions,
): void {
  const judge = createVersionJudge(sources.store, options);
  app.get('/v1/overview', async (): Promise<OverviewAnswer> => {
    const { store } = sources;
    // Use the default window of the model pages, so that both show verdicts on the same counts.
    const { fromHour, toHour, from, to } = parseWindow({}, Date.now());
    const alerts = await tracked();
    const recent = (await store.versions()).filter(
      ({ lastHour }) => lastHour >= toHour - SHOWN_HOURS,
    );
    const models = groupBy(recent, ({ model }) => model);
    return {
      from,
      to,
      models: await Promise.all(
        Array.from(models, ([model, versions]) =>
          healthOf(
            sources,
            model,
            versions.map(({ version }) => version).filter(isVersion),
            fromHour,
            toHour,
            alerts,
            judge,
            options,
          ),
        ),
      ),
      lost: (await store.losses(fromHour, toHour)) as Record<string, number>,
    };
  });
}

async function healthOf(
  { store, publishedModels }: Sources,
  model: string,
  versions: readonly string[],
  fromHour: number,
  toHour: number,
  alerts: readonly Alert[],
  judge: VersionJudge,
  options: DriftOptions,
): Promise<ModelHealth> {
  const timeline = await store.timeline({ model, fromHour, toHour });
  const sessions = timeline.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
  const healths = await Promise.all(
    versions
      .toSorted((a, b) => compareVersion(b, a))
      .map(async (version): Promise<VersionHealth> => {
        const published = await settled(publishedModels?.find(model, version));
        const hours = timeline.filter((row) => row.version === version);
        const started = hours.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
        const sparkline = Array.from(
          { length: toHour - fromHour },
          (_, i) => hours.find(({ hour }) => hour === fromHour + i)?.predictions ?? 0,
        );
        const own = alerts.filter(
          (alert) =>
            alert.model === model && alert.version === version && alert.inhibitedBy === null,
        );
        return {
          version,
          adoption: sessions === 0 ? 0 : started / sessions,
          sparkline,
          ...(await judgedOf(judge, { model, version, fromHour, toHour }, published, own, options)),
        };
      }),
  );
  return {
    name: model,
    versions: healths,
    openAlerts: alerts.filter(
      (alert) => alert.model === model && alert.state === 'firing' && alert.inhibitedBy === null,
    ).length,
  };
}

type Judged = Omit<VersionHealth, 'version' | 'adoption' | 'sparkline'>;

/**
 * State and figures of a version. Where they fail, that is its state, and every other one is shown.
 */
async function judgedOf(
  judge: VersionJudge,
  where: VersionQuery,
  published: Settled<PublishedModel | undefined>,
  alerts: readonly Alert[],
  options: DriftOptions,
): Promise<Judged> {
  const noReference = 'fault' in published ? published.fault : null;
  const reference = 'fault' in published ? null : (published.value?.reference ?? null);
  try {
    const judged = await judge(where, reference);
    if (!judged) return { ...NO_FIGURES, state: 'idle', shortfall: null, cannotJudge: noReference };
    return {
      ...judged.figures,
      ...stateOf(judged, alerts, options),
      cannotJudge: noReference,
    };
  } catch (error) {
    return cannotBeJudged(noReference ?? messageOf(error));
  }
}

function cannotBeJudged(reason: string): Judged {
  return { ...NO_FIGURES, state: 'cannot-judge', shortfall: null, cannotJudge: reason };
}

type Settled<T> = { readonly value: T } | { readonly fault: string };

async function settled<T>(promise: Promise<T> | T): Promise<Settled<Awaited<T>>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}
