import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { alertKey, findingsOf } from './alert.ts';
import type { Alert } from './alert.ts';
import type { Finding } from './finding.ts';
import { DEFAULT_RULES, parseRules } from './rules.ts';
import { at, finding, firing, HOUR_MS, run, START } from './state.fixture.ts';
import { step } from './state.ts';

const none = (count: number): Finding[][] => Array.from({ length: count }, () => []);

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
