import { SCORE_BINS } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { commit, hourOf, monitored, NOW_HOUR } from './monitor.fixture.ts';
import { createMismatches, ReferenceMismatch } from '../ingest/mismatches.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { CollectorStore } from '../store/store.ts';

const START = NOW_HOUR - 80;

test('checks that fail altogether resolve nothing, and an alert says so', async () => {
  const inner = openSqliteStore(':memory:');
  let isBroken = false;
  const store: CollectorStore = {
    ...inner,
    totals: async () =>
      isBroken ? Promise.reject(new Error('a count might be more than 2^53')) : inner.totals(),
  };
  const { alerting, said, notices, check } = monitored({ store });
  for (let hour = START; hour < START + 26; hour += 1)
    await commit(store, hourOf(hour, { golden: { passed: 2, failed: 2 } }));
  await check(START + 25, 2);
  expect(said()).toEqual(['opened golden-failures']);
  isBroken = true;
  await check(START + 27, 10);
  expect((await alerting.open()).map(({ rule }) => rule).toSorted()).toEqual([
    'cannot-judge',
    'golden-failures',
  ]);
  expect(notices.at(-1)).toMatchObject({
    event: 'opened',
    rule: 'cannot-judge',
    model: '',
    url: expect.stringContaining('https://perigee.example/alerts') as string,
  });
  expect(notices.at(-1)!.findings[0]!.summary).toContain(
    'Every model cannot be judged: the last check of the models failed (a count might be more ' +
      'than 2^53)',
  );
});

test('a version with unreadable counts is reported and keeps its alerts; others are still judged', async () => {
  const inner = openSqliteStore(':memory:');
  let isBroken = false;
  const store: CollectorStore = {
    ...inner,
    sums: async (query, by) =>
      isBroken && query.model === 'm'
        ? Promise.reject(new Error('counts that cannot be added'))
        : inner.sums(query, by),
  };
  const { alerting, notices, check } = monitored({ store });
  const failing = { golden: { passed: 2, failed: 2 } };
  for (let hour = START; hour < START + 30; hour += 1)
    await commit(store, [
      ...hourOf(hour, failing),
      ...hourOf(hour, hour < START + 3 ? failing : { golden: { passed: 4, failed: 0 } }, {
        model: 'other',
      }),
    ]);
  await check(START + 25, 2);
  isBroken = true;
  await check(START + 27, 10);
  const open = await alerting.open();
  expect(open.map(({ model, rule, undecided }) => [model, rule, undecided]).toSorted()).toEqual([
    ['m', 'cannot-judge', null],
    ['m', 'golden-failures', 'counts that cannot be added'],
  ]);
  expect(notices.map(({ model, event, rule }) => `${model} ${event} ${rule}`)).toEqual([
    'm opened golden-failures',
    'other opened golden-failures',
    'm opened cannot-judge',
    'other resolved golden-failures',
  ]);
});

test('too little data resolves no alert, as long as the version is in use', async () => {
  const { store, alerting, check } = monitored();
  for (let hour = START; hour < START + 26; hour += 1)
    await commit(store, hourOf(hour, { golden: { passed: 2, failed: 2 } }));
  // From here on there are no golden trials.
  for (let hour = START + 26; hour < START + 60; hour += 1)
    await commit(store, hourOf(hour, { golden: { passed: 0, failed: 0 } }));
  await check(START + 25, 30);
  expect(await alerting.open()).toMatchObject([
    { rule: 'golden-failures', undecided: 'too little was counted in the last window' },
  ]);
});

test('alerts of an unused version resolve if it was replaced, and after three days otherwise', async () => {
  const { store, alerting, check } = monitored();
  const failing = { golden: { passed: 20, failed: 20 } };
  for (const hour of [START, START + 1])
    await commit(store, [...hourOf(hour, failing), ...hourOf(hour, failing, { model: 'other' })]);
  for (let hour = START + 2; hour < START + 80; hour += 12)
    await commit(store, hourOf(hour, { golden: { passed: 4, failed: 0 } }, { version: '1.1.0' }));
  await check(START + 2, 2);
  await check(START + 26, 6);
  expect((await alerting.open()).map(({ model, undecided }) => [model, undecided])).toEqual([
    ['other', 'nothing of it was counted in the last window'],
  ]);
  await check(START + 74, 2);
  expect(await alerting.open()).toEqual([]);
});

test('a version that runs alone is reported within hours when sessions fail and it slows down', async () => {
  const { store, alerting, notices, check } = monitored();
  for (let hour = START; hour < START + 36; hour += 1) await commit(store, hourOf(hour));
  await check(START + 34, 3);
  expect(notices).toEqual([]);
  for (let hour = START + 36; hour < START + 44; hour += 1)
    await commit(
      store,
      hourOf(hour, {
        ms: 200,
        sessions: { started: 20, degraded: 0, failed: 20 },
        failedDevices: 1,
      }),
    );
  await check(START + 37, 8);
  const open = await alerting.open();
  expect(
    open
      .map(({ rule, severity, subjects }) => [
        rule,
        severity,
        subjects.map(({ finding }) => finding.subject),
      ])
      .toSorted(),
  ).toEqual([
    ['error-rate', 'page', ['ceiling', 'own past']],
    ['latency', 'page', ['own past']],
  ]);
  const summaries = open.flatMap(({ subjects }) => subjects.map(({ finding }) => finding.summary));
  expect(summaries).toContainEqual(
    expect.stringMatching(
      /^latency of m@1\.0\.0: \d+(\.\d+)?\sms, against \d+(\.\d+)?\sms in the same hours of the day before\.$/,
    ),
  );
});

test('a version that is a week old is compared with the same hours of the week before', async () => {
  const { store, notices, check } = monitored();
  const first = NOW_HOUR - 8 * 24 - 3;
  // Slower by day than by night, and slow on one day of the week.
  const msAt = (hour: number): number =>
    20 * (hour % 24 < 12 ? 2 : 1) * (Math.floor(hour / 24) % 7 === 3 ? 2 : 1);
  for (let hour = first; hour < NOW_HOUR; hour += 1)
    await commit(store, hourOf(hour, { ms: msAt(hour) * (hour >= NOW_HOUR - 14 ? 2 : 1) }));
  await check(NOW_HOUR - 14, 1);
  expect(notices).toEqual([]);
  await check(NOW_HOUR - 1, 2);
  expect(notices.map(({ rule, event }) => `${event} ${rule}`)).toEqual(['opened latency']);
  expect(notices[0]!.findings[0]!.summary).toContain('in the same hours of the week before.');
});

test('accuracy below a guess alerts without a calibration, but not for a model of a rare label', async () => {
  const labels = (pairs: readonly (readonly [number, number])[]) => ({
    labels: new Float64Array(2),
    scores: new Float64Array(SCORE_BINS),
    confusion: new Map(pairs),
  });
  const { store, notices, check, lines } = monitored();
  // Cells for two labels: predicted × 2 + true. Every prediction is wrong.
  const wrong = labels([
    [1, 10],
    [2, 10],
  ]);
  // 1 % have the second label, and half of the positives are false: less accurate than always
  // predicting "no".
  const rare = labels([
    [0, 970],
    [2, 20],
    [3, 8],
    [1, 2],
  ]);
  for (const hour of [START, START + 1])
    await commit(store, [...hourOf(hour, wrong), ...hourOf(hour, rare, { model: 'rare' })]);
  await check(START + 2, 2);
  expect(lines).toEqual([]);
  expect(notices.map(({ model, rule }) => `${model} ${rule}`)).toEqual(['m accuracy']);
  expect(notices[0]!.findings[0]!.summary).toBe(
    'm@1.0.0 is right less often than a guess: averaged over the true labels it is right in ' +
      '0\u00A0%, a guess among 2 labels in 50.0\u00A0%.',
  );
});

/** Twenty labelled predictions per hour and group around a mean, with errors of one size. */
const regressions = (error: number, sd = 10) => ({
  values: new Float64Array(8),
  regression: {
    count: 20,
    over: 10 * error,
    under: 10 * error,
    squaredError: 20 * error ** 2,
    truth: 0,
    truthSquared: 20 * sd ** 2,
  },
});

test('alerts report numbers that are worse than a constant answer, and errors that grew', async () => {
  const { store, notices, check } = monitored();
  for (let hour = START; hour < START + 50; hour += 1) {
    await commit(store, [
      ...hourOf(hour, regressions(17)),
      ...hourOf(hour, regressions(hour < START + 26 ? 2 : 3), { model: 'grown' }),
      ...hourOf(hour, regressions(2), { model: 'fine' }),
    ]);
  }
  await check(START + 25, 1);
  await check(START + 49, 2);
  expect(notices.map(({ model, rule }) => `${model} ${rule}`).toSorted()).toEqual([
    'grown regression-error',
    'm regression-error',
  ]);
  expect(notices.map(({ findings }) => findings[0]!.summary).toSorted()).toEqual([
    'The root mean squared error of grown@1.0.0 is 1.50 times that in the same hours ' +
      'of the day before.',
    'm@1.0.0 predicts worse than a constant, the mean of the true values, would: R² -1.89, expected at least 0.',
  ]);
});

test('a new version of a regression is compared with the version that runs beside it', async () => {
  const { store, notices, check } = monitored();
  for (let hour = START; hour < START + 6; hour += 1)
    await commit(store, [
      ...hourOf(hour, regressions(2)),
      ...hourOf(hour, regressions(3), { version: '1.1.0' }),
    ]);
  await check(START + 5, 2);
  expect(notices.map(({ version, rule }) => `${version} ${rule}`)).toEqual([
    '1.1.0 regression-error',
  ]);
  expect(notices[0]!.findings[0]!.summary).toContain(
    '1.50 times that of 1.0.0, which runs beside it',
  );
});

test('an alert of a segment that goes silent stays open while the version is in use', async () => {
  const { store, alerting, notices, check } = monitored();
  const kiosks = (hour: number): Profile[] =>
    hourOf(hour, { golden: { passed: 2, failed: 2 } }).map((one) => ({
      ...one,
      key: { ...one.key, segment: 'kiosk' },
    }));
  const others = (hour: number): Profile[] => hourOf(hour, { golden: { passed: 900, failed: 0 } });
  for (let hour = START; hour < START + 60; hour += 1)
    await commit(store, [...others(hour), ...(hour < START + 6 ? kiosks(hour) : [])]);
  await check(START + 6, 2);
  expect(notices.map(({ event, rule }) => `${event} ${rule}`)).toEqual(['opened golden-failures']);
  await check(START + 30, 14);
  expect(await alerting.open()).toMatchObject([
    { segment: 'kiosk', undecided: 'too little was counted in the last window' },
  ]);
});

test('counts that cannot be read do not hide which uploads are refused, nor other models', async () => {
  const inner = openSqliteStore(':memory:');
  const store: CollectorStore = {
    ...inner,
    sums: async (query, by) =>
      query.model === 'm'
        ? Promise.reject(new Error('counts that cannot be added'))
        : inner.sums(query, by),
  };
  const { alerting, check } = monitored({ store });
  const failing = { golden: { passed: 2, failed: 2 } };
  for (let hour = START; hour < START + 4; hour += 1)
    await commit(store, [...hourOf(hour), ...hourOf(hour, failing, { model: 'other' })]);
  const mismatches = createMismatches(store, 'one', () => (START + 2) * 3_600_000);
  for (let i = 0; i < 20; i += 1)
    expect(() => mismatches.noting(new ReferenceMismatch('m', '1.0.0', 'a', 'b'))).toThrow('"b"');
  await mismatches.flush();
  await check(START + 3, 2);
  expect((await alerting.open()).map(({ model, rule }) => `${model} ${rule}`).toSorted()).toEqual([
    'm cannot-judge',
    'other golden-failures',
  ]);
});

test('an alert against the version beside it ends some hours after that version is gone', async () => {
  const { store, notices, check } = monitored();
  for (let hour = START; hour < START + 8; hour += 1)
    await commit(store, [...hourOf(hour), ...hourOf(hour, { ms: 60 }, { version: '1.1.0' })]);
  await check(START + 7, 2);
  expect(notices.map(({ event, rule }) => `${event} ${rule}`)).toEqual(['opened latency']);
  for (let hour = START + 8; hour < START + 50; hour += 1)
    await commit(store, hourOf(hour, {}, { version: '1.1.0' }));
  await check(START + 34, 14);
  expect(notices.map(({ event, rule }) => `${event} ${rule}`)).toEqual([
    'opened latency',
    'resolved latency',
  ]);
});

test('an effect that swings around its threshold opens one alert, and its end is sent', async () => {
  const { store, notices, check } = monitored();
  const first = NOW_HOUR - 150;
  // Failures alternate between a day at 22 % and a day at 17 %, with a threshold of 20 %. They end
  // at 10 %.
  const failed = (hour: number): number =>
    hour >= first + 96 ? 10 : Math.floor((hour - first) / 24) % 2 === 0 ? 22 : 17;
  for (let hour = first; hour < first + 130; hour += 1)
    await commit(
      store,
      hourOf(hour, { sessions: { started: 100, degraded: 0, failed: failed(hour) } }),
    );
  for (const [from, hours] of [
    [20, 4],
    [44, 8],
    [66, 8],
    [92, 4],
  ] as const)
    await check(first + from, hours);
  expect(notices.map(({ event, rule }) => `${event} ${rule}`)).toEqual(['opened error-rate']);
  await check(first + 118, 8);
  expect(notices.map(({ event, rule }) => `${event} ${rule}`)).toEqual([
    'opened error-rate',
    'resolved error-rate',
  ]);
});

test('with sampled devices, the sessions that were seen count, not those they stand for', async () => {
  const { store, notices, check } = monitored();
  // A quarter fails, in every group alike; each session stands for eight. 64 may be chance, 512 are
  // not.
  const sampled = (model: string, sessions: number) =>
    hourOf(
      START,
      { sessions: { started: sessions, degraded: 0, failed: sessions / 4 } },
      { model },
    ).map((one) => ({ ...one, key: { ...one.key, sampling: 3 } }));
  await commit(store, [...sampled('few', 4), ...sampled('many', 32)]);
  await check(START + 1, 2);
  expect(notices.map(({ model, rule }) => `${model} ${rule}`)).toEqual(['many error-rate']);
});
