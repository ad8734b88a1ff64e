import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { alertKey, findingsOf } from './alert.ts';
import type { Alert, AlertEvent } from './alert.ts';
import type { Finding, Undecided } from './finding.ts';
import { DEFAULT_RULES, parseRules } from './rules.ts';
import type { Rules } from './rules.ts';
import { step } from './state.ts';
import type { Times } from './state.ts';

const HOUR_MS = 3_600_000;
const START = 490_000;

function finding(change: Partial<Finding> & { value?: number } = {}): Finding {
  const { value = 0.06, ...rest } = change;
  return {
    rule: 'feature-drift',
    model: 'digits',
    version: '1.1.0',
    segment: '',
    subject: 'ink',
    severity: 'ticket',
    effect: { value, low: value - 0.01, high: value + 0.01, threshold: 0.03, unit: 'distance' },
    effectiveN: 900,
    devices: 400,
    topFeatures: [{ name: 'ink', contribution: 0.7 }],
    firstVersionSeen: '1.1.0',
    fromHour: START - 1,
    toHour: START,
    summary: 'ink moved.',
    ...rest,
  };
}

/** Evaluates a window when it ends. */
function at(nowMs: number): Times {
  return { nowMs, seenAtMs: nowMs };
}

/**
 * Steps through windows an hour apart. `said` holds the events as text. Between steps, the state is
 * serialised as in a store.
 */
function run(windows: readonly (readonly Finding[])[], rules: Rules = DEFAULT_RULES) {
  let open: Alert[] = [];
  const events: AlertEvent[] = [];
  for (const [i, findings] of windows.entries()) {
    const next = step(open, findings, rules, at((START + i) * HOUR_MS));
    open = JSON.parse(JSON.stringify(next.alerts)) as Alert[];
    events.push(...next.events);
  }
  const said = events.map(
    ({ type, notify, atMs, alert: { rule } }) =>
      `${atMs / HOUR_MS - START} ${type} ${rule}${notify ? '' : ' (quiet)'}`,
  );
  return { open, events, said };
}

const firing = ({ open }: { open: readonly Alert[] }): Alert[] =>
  open.filter(({ state }) => state === 'firing');
const none = (count: number): Finding[][] => Array.from({ length: count }, () => []);
const severe = { rule: 'prediction-drift', subject: '', severity: 'page' } as const;

test('an alert opens when its finding holds in two of three windows, not in one, and not in two far apart', () => {
  expect(run([[finding()], [], []]).said).toEqual([]);
  expect(run([[finding()], [], [], [finding()]]).said).toEqual([]);
  expect(run([[finding()], [], [finding()]]).said).toEqual(['2 opened feature-drift']);
  expect(run([[finding()], [finding()]]).said).toEqual(['1 opened feature-drift']);
  expect(run([[finding()], ...none(3)]).open).toEqual([]);
});

test('of two findings on one subject the more severe one counts, then the larger one', () => {
  const page = finding({ severity: 'page', value: 0.05 });
  const window = [finding(), page, finding({ value: 0.9 })];
  expect(findingsOf(firing(run([window, window.toReversed()]))[0]!)).toEqual([page]);
  const tickets = [finding(), finding({ value: 0.9 })];
  expect(findingsOf(firing(run([tickets, tickets.toReversed()]))[0]!)).toEqual([
    finding({ value: 0.9 }),
  ]);
});

test('two features that hold once each open no alert', () => {
  expect(run([[finding()], [finding({ subject: 'slant' })]]).said).toEqual([]);
});

test('all features of a rule are one alert; segments, versions and rules are others', () => {
  const window = [
    finding(),
    finding({ subject: 'slant', value: 0.2 }),
    finding({ segment: 'beta' }),
    finding({ version: '1.0.0' }),
    finding({ rule: 'missing-values' }),
  ];
  const result = run([window, window]);
  expect(result.said).toHaveLength(4);
  expect(
    findingsOf(
      firing(result).find(
        ({ version, segment, rule }) =>
          version === '1.1.0' && segment === '' && rule === 'feature-drift',
      )!,
    ).map(({ subject }) => subject),
  ).toEqual(['slant', 'ink']);
});

test('an alert stays for six hours after it last held, and comes back as another alert', () => {
  const { said, events, open } = run([
    [finding()],
    [finding()],
    ...none(6),
    [finding()],
    [finding()],
  ]);
  expect(said).toEqual([
    '1 opened feature-drift',
    '7 resolved feature-drift',
    '9 opened feature-drift',
  ]);
  expect(events[1]!.alert).toMatchObject({
    state: 'resolved',
    sinceMs: (START - 1) * HOUR_MS,
    openedAtMs: (START + 1) * HOUR_MS,
    resolvedAtMs: (START + 7) * HOUR_MS,
  });
  expect(new Set(events.map(({ alert }) => alert.id)).size).toBe(2);
  expect(run([[finding()], [finding()], ...none(5), [finding()], ...none(5)]).said).toEqual([
    '1 opened feature-drift',
  ]);
  expect(open).toHaveLength(1);
});

test('ids depend on findings and time, not on the machine or the order', () => {
  const window = [finding(), finding({ segment: 'beta' }), finding({ rule: 'out-of-range' })];
  expect(run([window, window]).events).toEqual(
    run([window.toReversed(), window.toReversed()]).events,
  );
});

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

test('a rule can be off, and have its own severity and its own windows', () => {
  const rules = parseRules(
    JSON.stringify({
      schema: 'perigee-alerts/1',
      rules: {
        'missing-values': { on: false },
        latency: { severity: 'page', forWindows: { holds: 1, of: 1 } },
      },
    }),
  );
  const result = run(
    [
      [finding({ rule: 'missing-values' }), finding({ rule: 'latency' })],
      [finding({ rule: 'missing-values' })],
    ],
    rules,
  );
  expect(result.said).toEqual(['0 opened latency']);
  expect(firing(result)[0]!.severity).toBe('page');
});

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

/** Random windows in which problems come and go in stretches, with noise. */
function randomWindows(next: () => number): Finding[][] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
  const causes = Array.from({ length: 8 }, () => ({
    rule: pick([
      'feature-drift',
      'missing-values',
      'prediction-drift',
      'latency',
      'sample-ratio',
    ] as const),
    version: pick(['1.0.0', '1.1.0']),
    segment: pick(['', 'beta']),
    subject: pick(['a', 'b', '']),
  }));
  const active = causes.map(() => next() < 0.3);
  return Array.from({ length: 60 }, () =>
    causes.flatMap((cause, i) => {
      if (next() < 0.15) active[i] = !active[i];
      return (active[i] ? next() < 0.8 : next() < 0.1)
        ? [
            finding({
              ...cause,
              value: 0.05 + next() * 0.3,
              severity: next() < 0.2 ? 'page' : 'ticket',
            }),
          ]
        : [];
    }),
  );
}

test('with random problems no alert is lost or opens twice, and each resolves when its problem is over', () => {
  let opened = 0;
  let resolved = 0;
  for (let seed = 1; seed <= 25; seed += 1) {
    const windows = randomWindows(seededRandom(seed));
    let open: Alert[] = [];
    const ids = new Set<string>();
    const isOpen = new Set<string>();
    const lastTold = new Map<string, { atMs: number; severity: string }>();
    for (const [i, findings] of windows.entries()) {
      const nowMs = (START + i) * HOUR_MS;
      const next = step(open, findings, DEFAULT_RULES, at(nowMs));
      open = JSON.parse(JSON.stringify(next.alerts)) as Alert[];
      for (const event of next.events) {
        const key = alertKey(event.alert);
        if (event.type === 'opened') {
          expect(isOpen.has(key) || ids.has(event.alert.id)).toBe(false);
          opened += 1;
          ids.add(event.alert.id);
          isOpen.add(key);
        } else {
          expect(isOpen.has(key)).toBe(true);
        }
        if (event.type === 'resolved') {
          resolved += 1;
          isOpen.delete(key);
          expect(event.notify).toBe(lastTold.delete(event.alert.id));
        } else if (event.notify) {
          const before = lastTold.get(event.alert.id);
          expect(
            before === undefined ||
              nowMs - before.atMs >= 4 * HOUR_MS ||
              (before.severity === 'ticket' && event.alert.severity === 'page'),
          ).toBe(true);
          lastTold.set(event.alert.id, { atMs: nowMs, severity: event.alert.severity });
        }
      }
      expect(new Set(open.map(alertKey)).size).toBe(open.length);
      expect(new Set(firing({ open }).map(alertKey))).toEqual(isOpen);
      // Every subject that held in two of the last three windows is in an open alert that was
      // notified, or that an open alert inhibits.
      const recent = windows
        .slice(Math.max(0, i - 2), i + 1)
        .map((window) => new Set(window.map((one) => `${alertKey(one)}/${one.subject}`)));
      const holding = [...new Set(recent.flatMap((set) => [...set]))].filter(
        (name) => recent.filter((set) => set.has(name)).length >= 2,
      );
      const covered = new Set(
        firing({ open }).flatMap((alert) =>
          findingsOf(alert).map(({ subject }) => `${alertKey(alert)}/${subject}`),
        ),
      );
      for (const name of holding) expect(covered).toContain(name);
      for (const alert of firing({ open })) {
        expect(
          alert.told !== null || firing({ open }).some(({ id }) => id === alert.inhibitedBy),
        ).toBe(true);
        // An alert is open only if one of its findings held in the last six hours, or in two of
        // three windows.
        const key = alertKey(alert);
        expect(
          windows
            .slice(Math.max(0, i - 5), i + 1)
            .flat()
            .some((one) => alertKey(one) === key),
        ).toBe(true);
      }
      // Repeating the window causes no event.
      expect(step(open, findings, DEFAULT_RULES, at(nowMs)).events).toEqual([]);
    }
    // After enough windows without findings, every alert has resolved.
    for (let i = 0; i < 7; i += 1) {
      const next = step(open, [], DEFAULT_RULES, at((START + windows.length + i) * HOUR_MS));
      for (const { type } of next.events) if (type === 'resolved') resolved += 1;
      open = next.alerts;
    }
    expect(open).toEqual([]);
  }
  expect(opened).toBeGreaterThan(200);
  expect(resolved).toBe(opened);
});
