import { latencyQuantile, STAGES } from '@perigee/profile';
import type { FastifyInstance } from 'fastify';
import type { Alert } from '../alerts/alert.ts';
import type { DriftOptions } from '../analysis/drift.ts';
import { driftOf, ratioOf } from '../analysis/drift.ts';
import { rateOf } from '../analysis/estimate.ts';
import { fleetOf } from '../analysis/fleet.ts';
import type { Fleet } from '../analysis/fleet.ts';
import { accuracyOf, estimatedPerformance } from '../analysis/performance.ts';
import type { Reference, Sources } from '../analysis/read-fleet.ts';
import { hourText } from '../analysis/window.ts';
import type { ModelHealth, OverviewAnswer, VersionHealth } from '../api.ts';
import { compareVersion, isVersion } from '@perigee/registry';

const HOUR_MS = 3_600_000;
const WINDOW_HOURS = 24;
/** Versions nobody used for longer are not shown. */
const SHOWN_HOURS = 14 * 24;
const TOTAL = STAGES.indexOf('total');

/** GET /v1/overview: every model and version at a glance. */
export function registerOverview(app: FastifyInstance, sources: Sources, tracked: () => Promise<readonly Alert[]>, options: DriftOptions): void {
  app.get('/v1/overview', async (): Promise<OverviewAnswer> => {
    const { store } = sources;
    const toHour = Math.floor(Date.now() / HOUR_MS) + 1;
    const fromHour = toHour - WINDOW_HOURS;
    const alerts = await tracked();
    const totals = (await store.totals()).filter(({ lastHour }) => lastHour >= toHour - SHOWN_HOURS);
    const models = [...new Set(totals.map(({ model }) => model))];
    return {
      from: hourText(fromHour),
      to: hourText(toHour),
      models: await Promise.all(models.map((model) => healthOf(sources, model, [...new Set(totals.filter((row) => row.model === model).map(({ version }) => version))].filter(isVersion), fromHour, toHour, alerts, options))),
      lost: await store.losses(fromHour, toHour) as Record<string, number>,
    };
  });
}

async function healthOf({ store, references }: Sources, model: string, versions: readonly string[], fromHour: number, toHour: number, alerts: readonly Alert[], options: DriftOptions): Promise<ModelHealth> {
  const timeline = await store.timeline({ model, fromHour, toHour });
  const sums = await store.sums({ model, fromHour, toHour }, ['group']);
  const sessions = timeline.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
  const healths = await Promise.all(versions.toSorted((a, b) => compareVersion(b, a)).map(async (version): Promise<VersionHealth> => {
    const published = await references?.find(model, version).catch(() => undefined);
    const reference = published?.reference ?? null;
    const fleet = fleetOf(sums.filter(({ key }) => key.version === version && (!reference || key.reference === reference.id)));
    const hours = timeline.filter((row) => row.version === version);
    const started = hours.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
    const sparkline = Array.from({ length: toHour - fromHour }, (_, i) => hours.find(({ hour }) => hour === fromHour + i)?.predictions ?? 0);
    const own = alerts.filter((alert) => alert.model === model && alert.version === version && alert.inhibitedBy === null);
    // What was seen, and not yet often enough to tell anyone, is no good health.
    const state = !fleet ? 'idle' : own.some(({ state: is, severity }) => is === 'firing' && severity === 'page') ? 'bad' : own.length > 0 ? 'warn' : 'good';
    return { version, state, adoption: sessions === 0 ? 0 : started / sessions, sparkline, ...(fleet ? figures(fleet, reference, options) : NOTHING) };
  }));
  return { name: model, versions: healths, openAlerts: alerts.filter((alert) => alert.model === model && alert.state === 'firing' && alert.inhibitedBy === null).length };
}

const NOTHING: Omit<VersionHealth, 'version' | 'state' | 'adoption' | 'sparkline'> = { predictions: 0, sessions: 0, failedSessions: { value: 0, low: null, high: null }, goldenFailures: null, p50Ms: null, accuracy: null, worstFeature: null };

function figures(fleet: Fleet, reference: Reference | null, options: DriftOptions): typeof NOTHING {
  const { groups, total } = fleet;
  const measured = accuracyOf(groups);
  const estimated = reference ? estimatedPerformance(fleet, reference.profile) : null;
  const p50Ms = latencyQuantile(total.latency[TOTAL] ?? [], 0.5);
  const [worst] = reference ? driftOf(fleet, reference.profile, options).features : [];
  return {
    predictions: total.predictions,
    sessions: total.sessions.started,
    failedSessions: rateOf(groups, ({ sessions }) => sessions.failed, ({ sessions }) => sessions.started) ?? NOTHING.failedSessions,
    goldenFailures: rateOf(groups, ({ golden }) => golden.failed, ({ golden }) => golden.passed + golden.failed),
    p50Ms: Number.isFinite(p50Ms) ? p50Ms : null,
    accuracy: measured ? { kind: 'measured', value: measured.value } : estimated ? { kind: 'estimated', value: estimated.accuracy.value } : null,
    worstFeature: worst && worst.verdict !== 'too-little-data' ? { name: worst.name, ratio: ratioOf(worst) } : null,
  };
}
