import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_RULES } from '../../alerts/rules.ts';
import type { TimelineAnswer } from '../../api.ts';
import type { DriftAnswer } from '../../api-quality.ts';
import { DRIFT_DEFAULTS } from '../../analysis/drift.ts';
import { MODEL, publishedModels, sampleProfile } from '../../export/sample.test.data.ts';
import { commit, hourOf, NOW_HOUR } from '../../monitor/monitor.fixture.ts';
import { answerErrors } from '../../http/error-answers.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { registerDrift } from './drift.ts';
import { registerTimeline } from './timeline.ts';

const HOUR_MS = 3_600_000;
const MIDNIGHT = NOW_HOUR - (NOW_HOUR % 24);
const iso = (hour: number): string => new Date(hour * HOUR_MS).toISOString();
/** The API includes the hour of `to`. */
const between = (from: number, to: number): string => `from=${iso(from)}&to=${iso(to - 1)}`;

async function pages() {
  const store = openSqliteStore(':memory:');
  const app = fastify();
  onTestFinished(() => app.close());
  const sources = { store, publishedModels, minDevices: 1 };
  answerErrors(app, { error: () => undefined });
  registerTimeline(app, sources);
  registerDrift(app, sources, { ...DRIFT_DEFAULTS, minObservations: 10 }, DEFAULT_RULES);
  return {
    store,
    app,
    ask: async <T>(path: string) => (await app.inject(`/v1/models/${path}`)).json<T>(),
  };
}

test('a window of rolled-up days says which hours it covers and how long each point is', async () => {
  const { store, ask } = await pages();
  for (let hour = MIDNIGHT - 11 * 24; hour < MIDNIGHT - 9 * 24; hour += 1)
    await commit(
      store,
      hourOf(hour).map((one) => ({ ...one, predictions: 100 })),
    );
  for (let hour = MIDNIGHT - 24; hour < MIDNIGHT; hour += 1)
    await commit(
      store,
      hourOf(hour).map((one) => ({ ...one, predictions: 100 })),
    );
  await store.maintain(NOW_HOUR * HOUR_MS);
  const midnight = MIDNIGHT - 10 * 24;
  const old = await ask<TimelineAnswer>(`m/timeline?${between(midnight - 4, midnight + 4)}`);
  expect([old.from, old.to]).toEqual([iso(midnight - 24), iso(midnight + 24)]);
  expect(
    old.points.map(({ hour, hours, predictions }) => [hour, hours, predictions / hours]),
  ).toEqual([
    [iso(midnight - 24), 24, 1_600],
    [iso(midnight), 24, 1_600],
  ]);
  // Part of a rolled-up day is not reported as "no data".
  const morning = await ask<TimelineAnswer>(`m/timeline?${between(midnight + 6, midnight + 12)}`);
  expect(morning).toMatchObject({
    from: iso(midnight),
    to: iso(midnight + 24),
    points: [{ hours: 24, predictions: 24 * 1_600 }],
  });
  const recent = await ask<TimelineAnswer>(`m/timeline?${between(MIDNIGHT - 4, MIDNIGHT)}`);
  expect(recent).toMatchObject({
    from: iso(MIDNIGHT - 4),
    to: iso(MIDNIGHT),
    points: Array.from({ length: 4 }, () => ({ hours: 1, predictions: 1_600 })),
  });
});

test('a window is compared with the same hours of the week before, not with the hours just before', async () => {
  const { store, app, ask } = await pages();
  const fleet = (hour: number, shift: number) =>
    Array.from({ length: 8 }, (_, group) => sampleProfile({ hour, group }, { shift }));
  // Day and night differ in the same way every day.
  for (const day of [-7, 0])
    for (let hour = 0; hour < 8; hour += 1)
      await commit(store, fleet(MIDNIGHT - 24 + day * 24 + hour, hour < 4 ? 0 : 0.3));
  const window = between(MIDNIGHT - 20, MIDNIGHT - 16);
  const verdict = async (against: string) =>
    await ask<DriftAnswer>(`${MODEL}/drift?${window}&against=${against}`);
  const [before, week] = [await verdict('previous'), await verdict('week-before')];
  expect(before.features.find(({ name }) => name === 'x')).toMatchObject({ verdict: 'drift' });
  expect(week.features.find(({ name }) => name === 'x')).toMatchObject({ verdict: 'stable' });
  expect(week.against).toEqual({
    kind: 'week-before',
    from: iso(MIDNIGHT - 188),
    to: iso(MIDNIGHT - 184),
  });
  // Hours of ten days ago are stored as days, so the same hours of that week are not available.
  await commit(store, fleet(MIDNIGHT - 72, 0));
  const old = await app.inject(
    `/v1/models/${MODEL}/drift?${between(MIDNIGHT - 72, MIDNIGHT - 70)}&against=week-before`,
  );
  expect([old.statusCode, old.body]).toEqual([
    400,
    expect.stringContaining('Ask for whole days: from at 00:00 and to at 23:59 UTC.'),
  ]);
});
