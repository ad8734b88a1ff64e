import { expect, test } from 'vitest';
import type { Finding } from './finding.ts';
import { parseRules } from './rules.ts';
import type { Rules } from './rules.ts';
import { finding, firing, HOUR_MS, run, START } from './state.fixture.ts';

const severe = { rule: 'prediction-drift', subject: '', severity: 'page' } as const;

test('an alert that gets clearly worse is sent again, but not within four hours; a little worse is not', () => {
  const bad = [finding()];
  expect(run([bad, bad, [finding({ value: 0.3 })], [finding({ value: 0.3 })]]).said).toEqual([
    '1 opened feature-drift',
  ]);
  expect(
    run([bad, bad, ...Array.from({ length: 6 }, () => [finding({ value: 0.3 })])]).said,
  ).toEqual(['1 opened feature-drift', '5 updated feature-drift']);
  expect(
    run([bad, bad, ...Array.from({ length: 9 }, () => [finding({ value: 0.075 })])]).said,
  ).toEqual(['1 opened feature-drift']);
  // A value below its threshold gets worse by falling.
  const accuracy = (value: number): Finding[] => [
    finding({
      rule: 'accuracy',
      subject: '',
      effect: { value, low: value - 0.01, high: value + 0.01, threshold: 0.9, unit: 'share' },
    }),
  ];
  expect(
    run(
      [accuracy(0.8), ...Array.from({ length: 6 }, () => accuracy(0.85))].concat([accuracy(0.85)]),
    ).said,
  ).toEqual(['1 opened accuracy']);
  expect(
    run([accuracy(0.8), accuracy(0.8), ...Array.from({ length: 6 }, () => accuracy(0.7))]).said,
  ).toEqual(['1 opened accuracy', '5 updated accuracy']);
});

test('a feature that joins an open alert is sent after four hours, an alert that becomes a page at once', () => {
  const both = [finding(), finding({ subject: 'slant' })];
  expect(run([[finding()], [finding()], both, both, both, both, both, both]).said).toEqual([
    '1 opened feature-drift',
    '5 updated feature-drift',
  ]);
  const page = [finding({ severity: 'page' })];
  const result = run([[finding()], [finding()], page, page, [finding()]]);
  expect(result.said).toEqual(['1 opened feature-drift', '2 updated feature-drift']);
  expect(firing(result)[0]).toMatchObject({ severity: 'page', openedSeverity: 'ticket' });
});

test.each([severe, { rule: 'schema-mismatch', subject: '' }] as const)(
  'feature alerts are kept but not told while $rule explains them',
  (cause) => {
    const window = [finding(), finding(cause)];
    const { open, said, events } = run([window, window]);
    expect(said.toSorted()).toEqual(
      [`1 opened feature-drift (quiet)`, `1 opened ${cause.rule}`].toSorted(),
    );
    expect(open.find(({ rule }) => rule === 'feature-drift')).toMatchObject({
      state: 'firing',
      inhibitedBy: events.find(({ alert }) => alert.rule === cause.rule)!.alert.id,
      told: null,
    });
  },
);

test('a feature alert that outlives its cause is sent then; one that resolves before it is never sent', () => {
  const cause = finding(severe);
  const outlives = run([
    [finding(), cause],
    [finding(), cause],
    ...Array.from({ length: 8 }, () => [finding()]),
  ]);
  expect(outlives.said).toEqual([
    '1 opened feature-drift (quiet)',
    '1 opened prediction-drift',
    '7 resolved prediction-drift',
    '7 updated feature-drift',
  ]);
  const goes = run([
    [finding(), cause],
    [finding(), cause],
    ...Array.from({ length: 7 }, () => [cause]),
  ]);
  expect(goes.said).toEqual([
    '1 opened feature-drift (quiet)',
    '1 opened prediction-drift',
    '7 resolved feature-drift (quiet)',
  ]);
});

test('a ticket of drifting predictions, a sample ratio, another version and a silenced alert inhibit nothing', () => {
  const opened = (window: Finding[], rules?: Rules): string[] => run([window, window], rules).said;
  expect(opened([finding(), finding({ ...severe, severity: 'ticket' })])).toContain(
    '1 opened feature-drift',
  );
  expect(opened([finding(), finding({ rule: 'sample-ratio', subject: '' })])).toContain(
    '1 opened feature-drift',
  );
  expect(opened([finding(), finding({ ...severe, version: '1.0.0' })])).toContain(
    '1 opened feature-drift',
  );
  const silenced = parseRules(
    '{"schema":"perigee-alerts/1","silences":[{"rule":"prediction-drift","until":"2100-01-01T00:00:00Z"}]}',
  );
  expect(opened([finding(), finding(severe)], silenced)).toEqual([
    '1 opened feature-drift',
    '1 opened prediction-drift (quiet)',
  ]);
});

test('a silenced alert is tracked, and sent when the silence ends', () => {
  const until = new Date((START + 4) * HOUR_MS).toISOString();
  const rules = parseRules(
    JSON.stringify({
      schema: 'perigee-alerts/1',
      silences: [{ model: 'digits', version: '1.1.0', until }],
    }),
  );
  const windows = Array.from({ length: 6 }, () => [finding(), finding({ model: 'other' })]);
  expect(
    run(windows, rules).events.map(
      ({ atMs, type, notify, alert }) =>
        `${atMs / HOUR_MS - START} ${type} ${alert.model} ${notify}`,
    ),
  ).toEqual(['1 opened digits false', '1 opened other true', '4 updated digits true']);
});
