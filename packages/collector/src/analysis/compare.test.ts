import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { CompareAnswer } from '@perigee/collector';
import { buildReference, createCounters, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const HOURS = 36;
const FIRST_HOUR = NOW_HOUR - HOURS + 1;
const GROUPS = 16;
const SESSIONS = 40;
const DAY = 12;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-compare-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A model with two labels and one feature. */
const reference = buildReference({
  features: [{ name: 'x', kind: 'numeric', values: [0, 1, 2, 3] }],
  output: {
    labels: ['yes', 'no'],
    predictions: [0, 1].map((labelIndex) => ({ labelIndex, score: 0.9 })),
  },
});

interface Cell {
  /** Starts at 0. */
  readonly hour: number;
  readonly group: number;
  readonly version: '1.0.0' | '1.1.0';
}

interface Behaviour {
  readonly sessions: number;
  readonly failed: number;
  readonly ms: number;
  readonly right: number;
}

type Fleet = (cell: Cell) => Behaviour;

/**
 * Counts of one group, version and hour. Each session makes one prediction and receives feedback
 * for it.
 */
function counted(
  { hour, group, version }: Cell,
  { sessions, failed, ms, right }: Behaviour,
): Profile {
  const counters = createCounters(reference);
  for (let i = 0; i < sessions; i += 1) {
    counters.observeSession();
    if (i < failed) counters.observeError('TIMEOUT');
    counters.observePrediction();
    counters.observeLatency('total', ms);
    counters.observeGroundTruth(0, i < right * sessions ? 0 : 1);
  }
  const profile = counters.snapshot({
    model: 'm',
    version,
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour: FIRST_HOUR + hour,
  });
  return { ...profile, devices: 1, failedDevices: Math.min(1, failed) };
}

/** The comparison over HTTP, for a fleet that uploads one batch per group. */
async function compare(fleet: Fleet, more: readonly Profile[] = []): Promise<CompareAnswer> {
  const { send, answer } = await collectorOf(fleet);
  if (more.length > 0) await send(more);
  return answer();
}

/** @param everyMs how often its monitor looks */
async function collectorOf(fleet: Fleet, everyMs = 0) {
  const collector = await startCollector({
    port: 0,
    dataDir: await mkdtemp(join(folder, 'data-')),
    everyMs,
  });
  onTestFinished(() => collector.close());
  const groups = Array.from({ length: GROUPS }, (_, group) =>
    (['1.0.0', '1.1.0'] as const).flatMap((version) =>
      Array.from({ length: HOURS }, (_hour, hour) => ({ hour, group, version })).flatMap((cell) => {
        const behaviour = fleet(cell);
        return behaviour.sessions > 0 ? [counted(cell, behaviour)] : [];
      }),
    ),
  );
  const send = async (profiles: readonly Profile[]): Promise<void> => {
    const batchId = crypto.randomUUID().replaceAll('-', '');
    const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost: {}, profiles });
    const body = encodeFrame({ sentAtMs: Date.now(), gzip: false, record });
    const headers = { 'content-type': 'text/plain' };
    const { status } = await fetch(new URL('v1/profiles', collector.url), {
      method: 'POST',
      headers,
      body,
    });
    expect(status).toBe(202);
  };
  for (const profiles of groups) if (profiles.length > 0) await send(profiles);
  const answer = async (query = ''): Promise<CompareAnswer> => {
    const path = `v1/models/m/compare?champion=1.0.0&challenger=1.1.0${query}`;
    return (await (await fetch(new URL(path, collector.url))).json()) as CompareAnswer;
  };
  return { send, answer };
}

/** The new version has 5 % of the sessions at night and half of them by day. */
function widened(behaviour: (cell: Cell, isDay: boolean) => Omit<Behaviour, 'sessions'>): Fleet {
  return (cell) => {
    const isDay = cell.hour >= DAY && cell.hour < 2 * DAY;
    const share = cell.hour < DAY ? 0.05 : 0.5;
    const sessions = Math.round(
      SESSIONS * (isDay ? 1.5 : 1) * (cell.version === '1.1.0' ? share : 1 - share),
    );
    return { sessions, ...behaviour(cell, isDay) };
  };
}

const random = seededRandom(3);
const offsets = Array.from({ length: 2 * GROUPS }, () => 0.9 + 0.2 * random());
const ownSpeed = ({ group, version }: Cell): number =>
  offsets[group + (version === '1.1.0' ? GROUPS : 0)]!;
const metricOf = ({ metrics }: CompareAnswer, name: string) =>
  metrics.find((metric) => metric.name === name);

test('equal versions in a rollout widened by day, when all is slower and less accurate: no harm', async () => {
  const answer = await compare(
    widened((cell, isDay) => ({
      failed: 0,
      ms: 20 * (isDay ? 2.5 : 1) * ownSpeed(cell),
      right: isDay ? 0.85 : 0.95,
    })),
  );
  expect(answer).toMatchObject({ verdict: 'no-harm-seen', reasons: [] });
  // Both versions are measured over the same hours.
  const [latency, accuracy] = ['latency', 'accuracy'].map((name) => metricOf(answer, name));
  expect(latency!.challenger.value / latency!.champion.value).toBeCloseTo(1, 0);
  expect(accuracy!.challenger.value).toBeCloseTo(accuracy!.champion.value, 1);
  expect(answer.metrics.filter(({ eValue }) => eValue >= 10)).toEqual([]);
});

test.each([
  ['latency', { slower: 1.6, wrong: 0 }],
  ['accuracy', { slower: 1, wrong: 0.15 }],
])(
  'in the same rollout a version that is worse in %s is found, and nothing else is',
  async (name, { slower, wrong }) => {
    const answer = await compare(
      widened((cell, isDay) => {
        const isNew = cell.version === '1.1.0';
        const ms = 20 * (isDay ? 2.5 : 1) * ownSpeed(cell) * (isNew ? slower : 1);
        return { failed: 0, ms, right: (isDay ? 0.85 : 0.95) - (isNew ? wrong : 0) };
      }),
    );
    expect(answer.verdict).toBe('harm');
    expect(answer.reasons.join()).toMatch(new RegExp(`^${name}: .*in both halves of the fleet$`));
    expect(answer.metrics.filter(({ alarm }) => alarm).map((metric) => metric.name)).toEqual([
      name,
    ]);
  },
);

test('two failing devices, one in each half of the fleet, are no harm; one in every group is', async () => {
  const fleet =
    (failing: readonly number[]): Fleet =>
    ({ group, version }) => ({
      sessions: 10,
      failed: version === '1.1.0' && failing.includes(group) ? 5 : 0,
      ms: 20,
      right: 1,
    });
  expect(await compare(fleet([3, 12]))).toMatchObject({ verdict: 'no-harm-seen', reasons: [] });
  const all = await compare(fleet(Array.from({ length: GROUPS }, (_, group) => group)));
  expect(all.reasons.join()).toMatch(
    /failed sessions: 100\s% against 0\s% of device-hours .*in both halves/,
  );
});

test('a device with a wrong clock does not bring in days before the rollout', async () => {
  // Two days ago both versions became slower. The rollout is one day old.
  const slow = HOURS - 24;
  const fleet: Fleet = (cell) => {
    const sessions = cell.version === '1.1.0' && cell.hour < slow ? 0 : 10;
    return { sessions, failed: 0, ms: (cell.hour < slow ? 10 : 30) * ownSpeed(cell), right: 1 };
  };
  const behind = counted(
    { hour: 0, group: 1, version: '1.1.0' },
    { sessions: 1, failed: 0, ms: 30, right: 1 },
  );
  const answer = await compare(fleet, [behind]);
  expect(answer).toMatchObject({ verdict: 'no-harm-seen', reasons: [] });
  expect(answer.from).toBe(new Date((FIRST_HOUR + slow) * 3_600_000).toISOString());
});

test('later hours do not revoke harm that was seen', async () => {
  const bad: Fleet = ({ hour, version }) => {
    const isNew = version === '1.1.0';
    const isLate = hour >= 12;
    return { sessions: 10, failed: isNew !== isLate ? 4 : 0, ms: 20, right: 1 };
  };
  const answer = await compare(bad);
  expect(answer.verdict).toBe('harm');
  expect(metricOf(answer, 'failed-sessions')!.path).toHaveLength(HOURS);
});

test('uploads dated into earlier hours do not revoke harm that was seen', async () => {
  const out = 12;
  const failing: Fleet = ({ hour, version }) => ({
    sessions: hour < out ? 0 : 4,
    failed: version === '1.1.0' && hour >= out + 4 ? 2 : 0,
    ms: 20,
    right: 1,
  });
  const { send, answer } = await collectorOf(failing, 200);
  await expect.poll(async () => (await answer()).harmSince, { interval: 500 }).not.toBeNull();
  const before = await answer();
  // The old version fails everywhere before and the new one nowhere.
  for (let group = 0; group < GROUPS; group += 1) {
    const hours = Array.from({ length: out }, (_, hour) => hour);
    await send(
      hours.flatMap((hour) =>
        (['1.0.0', '1.1.0'] as const).flatMap((version) => {
          const failed = version === '1.0.0' ? 2 : 0;
          const forged = counted(
            { hour, group, version },
            { sessions: 2, failed, ms: 20, right: 1 },
          );
          return ['wasm', 'webgpu', 'webgl', 'webnn', 'cpu'].map((backend) => ({
            ...forged,
            key: { ...forged.key, backend },
          }));
        }),
      ),
    );
  }
  const after = await answer();
  // The counts alone, as for a part of the fleet, are no evidence any more.
  expect(await answer('&browser=chromium')).toMatchObject({
    verdict: 'no-harm-seen',
    harmSince: null,
  });
  expect(after).toMatchObject({
    verdict: 'harm',
    harmSince: before.harmSince,
    reasons: before.reasons,
  });
  expect(Date.parse(after.harmSince!)).toBeLessThanOrEqual(Date.now());
  // Nobody had seen it at that time.
  const early = `&to=${new Date((FIRST_HOUR + out + 2) * 3_600_000).toISOString()}`;
  expect(await answer(early)).toMatchObject({ verdict: 'no-harm-seen', harmSince: null });
});

test('a part of the fleet in which one version has few devices is not compared', async () => {
  const isCounted = ({ hour, group, version }: Cell): boolean =>
    version === '1.1.0' || (hour === HOURS - 1 && group === 0);
  const { answer } = await collectorOf((cell) => ({
    sessions: isCounted(cell) ? 10 : 0,
    failed: 0,
    ms: 20,
    right: 0.9,
  }));
  expect(await answer('&backend=wasm')).toMatchObject({ error: { code: 'TOO_FEW_DEVICES' } });
  expect(await answer()).toMatchObject({ champion: '1.0.0', challenger: '1.1.0' });
});
