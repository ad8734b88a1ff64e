import { expect, test } from 'vitest';
import type { Alert } from './alert.ts';
import type { Finding, Undecided } from './finding.ts';
import { DEFAULT_RULES, parseRules } from './rules.ts';
import { at, finding, HOUR_MS, run, START } from './state.fixture.ts';
import { step } from './state.ts';

test('an alert that cannot be judged stays unchanged, and is not sent again', () => {
  const unclear = {
    model: 'digits',
    version: '1.1.0',
    segment: '',
    rule: 'feature-drift',
    subject: 'ink',
    kind: 'too-little-data',
    reason: 'too little was counted in the last window',
  } as const;
  let { open } = run([[finding()], [finding()]]);
  for (let i = 2; i < 30; i += 1) {
    const next = step(open, [], DEFAULT_RULES, at((START + i) * HOUR_MS), [unclear]);
    expect(next.events).toEqual([]);
    expect(next.alerts).toMatchObject([{ state: 'firing', undecided: unclear.reason }]);
    open = next.alerts;
  }
  // Other subjects, segments and rules are not kept open, and disabling a rule ends its alerts.
  const off = parseRules('{"schema":"perigee-alerts/1","rules":{"feature-drift":{"on":false}}}');
  const nowMs = (START + 30) * HOUR_MS;
  for (const [undecided, rules] of [
    [{ ...unclear, subject: 'slant' }, DEFAULT_RULES],
    [{ ...unclear, segment: 'beta' }, DEFAULT_RULES],
    [{ ...unclear, rule: 'latency' as const }, DEFAULT_RULES],
    [unclear, off],
  ] as const) {
    expect(step(open, [], rules, at(nowMs), [undecided]).events).toMatchObject([
      { type: 'resolved', notify: true },
    ]);
  }
});

test('an alert ends after six hours clear of its threshold, not with the first clear window', () => {
  const near = {
    model: 'digits',
    version: '1.1.0',
    segment: '',
    rule: 'feature-drift',
    subject: 'ink',
    kind: 'near',
    reason: 'it is close to the threshold',
  } as const;
  const { open } = run([[finding()], [finding()]]);
  const resolvedAfter = (clear: number): boolean => {
    const windows = [
      ...Array.from({ length: 12 }, () => [near]),
      ...Array.from({ length: clear }, () => []),
    ];
    let alerts = open;
    for (const [i, undecided] of windows.entries())
      ({ alerts } = step(alerts, [], DEFAULT_RULES, at((START + 2 + i) * HOUR_MS), undecided));
    return alerts.length === 0;
  };
  expect([1, 5, 6].map(resolvedAfter)).toEqual([false, false, true]);
});

test('a check that succeeds revokes that an earlier one of the same hour failed', () => {
  const fault = {
    model: 'digits',
    version: '1.1.0',
    segment: null,
    rule: null,
    subject: null,
    kind: 'fault',
    reason: 'the store is busy',
  } as const;
  let open: Alert[] = [];
  for (let i = 0; i < 6; i += 1) {
    for (const undecided of [[fault], []]) {
      const next = step(open, [], DEFAULT_RULES, at((START + i) * HOUR_MS), undecided);
      expect(next.events).toEqual([]);
      open = next.alerts;
    }
  }
  expect(step([], [], DEFAULT_RULES, at(START * HOUR_MS), [fault]).alerts).toMatchObject([
    { rule: 'cannot-judge', state: 'pending' },
  ]);
});

test('an alert that cannot be judged says since when, until it can be again', () => {
  const doubt = {
    model: 'digits',
    version: null,
    segment: null,
    rule: null,
    subject: null,
    kind: 'too-little-data',
    reason: 'too little was counted',
  } as const;
  const found = finding();
  let open: Alert[] = [];
  const check = (
    hour: number,
    findings: readonly Finding[],
    undecided: readonly Undecided[] = [],
  ) => {
    open = step(open, findings, DEFAULT_RULES, at((START + hour) * HOUR_MS), undecided).alerts;
    return open[0];
  };
  for (const hour of [0, 1, 2]) check(hour, [found]);
  expect(check(3, [found])).toMatchObject({ state: 'firing', undecided: null });
  const since = check(4, [], [doubt])?.undecidedSinceMs;
  expect(since).toBe(at((START + 4) * HOUR_MS).seenAtMs);
  expect(check(9, [], [doubt])).toMatchObject({
    undecided: 'too little was counted',
    undecidedSinceMs: since,
  });
  expect(check(10, [found])).toMatchObject({ undecided: null, undecidedSinceMs: null });
  expect(check(11, [], [doubt])?.undecidedSinceMs).toBeGreaterThan(since!);
});
