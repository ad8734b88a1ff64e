import type {
  AlertsAnswer,
  DriftAnswer,
  DriftHistoryAnswer,
  OverviewAnswer,
} from '@perigee/collector';
import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { parseRules } from './alerts/rules.ts';
import { digitsProfile, NOW_HOUR, publishModels, start, upload } from './collector.fixture.ts';

publishModels();

const GROUPS = 16;
const HOUR_TEXT = new Date(NOW_HOUR * 3_600_000).toISOString();
const ONCE = '{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}';

type Collector = Awaited<ReturnType<typeof start>>;

interface Counts {
  /** Predictions of each device. */
  readonly of: number;
  /** The shift of the pictures, by device. */
  readonly shift: (device: number) => number;
  /** Observations that a verdict needs. */
  readonly least?: number;
}

/** One hour of 32 devices. */
async function fed({ of: predictions, shift: shiftOf, least = 500 }: Counts): Promise<Collector> {
  const collector = await start({
    everyMs: 50,
    rules: parseRules(ONCE),
    minDevices: 10,
    minObservations: least,
  });
  const moved = new Map<number, Profile>();
  for (let device = 0; device < 2 * GROUPS; device += 1) {
    const shift = shiftOf(device);
    const profile = moved.get(shift) ?? digitsProfile(predictions, shift);
    moved.set(shift, profile);
    const own: Profile = {
      ...profile,
      key: { ...profile.key, group: device % GROUPS },
      sessions: { started: 2, degraded: 0, failed: 0 },
    };
    expect((await collector.post(upload([own]))).status).toBe(202);
  }
  return collector;
}

/** Waits until the monitor has judged these counts, if it sets gauges for them. */
async function judged({ url }: Collector, hasVerdicts: boolean): Promise<string> {
  const metrics = async (): Promise<string> => (await fetch(new URL('metrics', url))).text();
  if (hasVerdicts) await expect.poll(metrics).toMatch(/^ml_feature_drift_ratio\{/m);
  return metrics();
}

/** Adds golden failures, and waits for their alert: the monitor has judged all counts by then. */
async function alerted({ post, get }: Collector): Promise<void> {
  for (let group = 0; group < GROUPS; group += 1) {
    const one = digitsProfile(1);
    const failed: Profile = {
      ...one,
      key: { ...one.key, group },
      golden: { ...one.golden, failed: 4 },
    };
    expect((await post(upload([failed]))).status).toBe(202);
  }
  const rules = async () => (await get<AlertsAnswer>('v1/alerts')).alerts.map(({ rule }) => rule);
  await expect.poll(rules).toContain('golden-failures');
}

// The shift moves the middle of the pictures. With one device in eight the groups differ so much
// that the score is over its threshold, but may be there by chance.
test.each([
  ['nothing moved', { of: 200, shift: () => 0 }, 'stable', 'fine'],
  ['all devices moved far', { of: 200, shift: () => 0.5 }, 'drift', 'problem'],
  [
    'few devices moved',
    { of: 200, shift: (device: number) => (device % GROUPS < 2 ? 0.5 : 0), least: 10 },
    'unsure',
    'unsure',
  ],
  [
    'hardly anything was counted',
    { of: 3, shift: () => 0.5 },
    'too-little-data',
    'too-little-data',
  ],
] as const)(
  'every page and alert has the same verdicts where %s',
  async (_what, counts, driftVerdict, qualityVerdict) => {
    const collector = await fed(counts);
    const metrics = await judged(collector, driftVerdict !== 'too-little-data');
    const window = `from=${HOUR_TEXT}&to=${HOUR_TEXT}`;
    const drift = await collector.get<DriftAnswer>('v1/models/digits/drift');
    const history = await collector.get<DriftHistoryAnswer>(
      `v1/models/digits/drift-history?${window}`,
    );
    const { models } = await collector.get<OverviewAnswer>('v1/overview');
    const { state, worstFeature, accuracy } = models[0]!.versions[0]!;

    const verdictOf = new Map(drift.features.map(({ name, verdict }) => [name, verdict]));
    const ruleOf = (feature: string) =>
      drift.quality.find((one) => one.feature === feature && one.rule === 'out-of-range');
    expect(verdictOf.get('centerX')).toBe(driftVerdict);
    expect(ruleOf('centerX')?.verdict).toBe(qualityVerdict);
    expect(accuracy).toBeNull();

    // The heat map shows no verdict where there is none.
    for (const { name, verdicts } of history.features) {
      const verdict = verdictOf.get(name);
      expect(verdicts).toEqual([verdict === 'too-little-data' ? null : verdict]);
    }
    // The overview shows the worst of inputs and outputs, with its verdict.
    const all = [...drift.features, ...drift.outputs];
    const isJudged = driftVerdict !== 'too-little-data';
    expect(all.find(({ name }) => name === worstFeature?.name)?.verdict).toBe(
      isJudged ? worstFeature?.verdict : undefined,
    );
    if (all.some(({ verdict }) => verdict === 'drift')) expect(worstFeature?.verdict).toBe('drift');

    // Alerts are on what drifts and on what is a problem, and on nothing else.
    await alerted(collector);
    const driftsOf = drift.features.filter(({ verdict }) => verdict === 'drift');
    const problems = drift.quality.filter(({ verdict }) => verdict === 'problem');
    const subjects = async (rule: string): Promise<readonly string[]> =>
      (await collector.get<AlertsAnswer>('v1/alerts')).alerts
        .filter((alert) => alert.rule === rule)
        .flatMap((alert) => alert.subjects)
        .toSorted();
    expect(await subjects('feature-drift')).toEqual(driftsOf.map(({ name }) => name).toSorted());
    expect(await subjects('prediction-drift')).toEqual(
      drift.outputs
        .filter(({ verdict }) => verdict === 'drift')
        .map(({ name }) => name)
        .toSorted(),
    );
    expect(await subjects('out-of-range')).toEqual(
      problems.map(({ feature }) => feature).toSorted(),
    );

    // The gauges are the same ratios, of the features with a verdict.
    const gauged = [...metrics.matchAll(/^ml_feature_drift_ratio\{.*feature="([^"]+)"/gm)];
    expect(new Set(gauged.map(([, feature]) => feature))).toEqual(
      new Set(
        drift.features
          .filter(({ verdict }) => verdict !== 'too-little-data')
          .map(({ name }) => name),
      ),
    );

    // All devices have the same score, which is a drift of the outputs, and needs a look.
    expect(state).toBe(isJudged ? 'warn' : 'unknown');
  },
);
