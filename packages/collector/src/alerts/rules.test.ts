import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { RULE_NAMES } from './finding.ts';
import { DEFAULT_RULES, parseRules } from './rules.ts';
import { DEFAULT_THRESHOLDS } from './thresholds.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const withRest = (rest: object): string => JSON.stringify({ schema: 'perigee-alerts/1', ...rest });

test('rules default to two of three windows, one false alert a month, 6 h firing, 4 h repeats', () => {
  expect(DEFAULT_RULES).toMatchObject({
    expectedFalseAlertsPerMonth: 1,
    keepFiringForMs: 6 * 3_600_000,
    repeatAfterMs: 4 * 3_600_000,
    silences: [],
    routes: [],
  });
  for (const name of RULE_NAMES)
    expect(DEFAULT_RULES.rules[name]).toEqual({
      on: true,
      severity: null,
      thresholds: DEFAULT_THRESHOLDS[name],
      forWindows: { holds: 2, of: 3 },
    });
});

test('a rule takes its own settings, then those of the file, then the defaults', () => {
  const { rules, silences, routes } = parseRules(
    withRest({
      forWindows: { holds: 3, of: 5 },
      rules: {
        'feature-drift': { thresholds: { numeric: 0.05 }, severity: 'page' },
        latency: { on: false, forWindows: { holds: 1, of: 1 } },
      },
      silences: [
        { model: 'digits', rule: 'latency', until: '2026-12-01T08:00:00Z', reason: 'moving hosts' },
      ],
      routes: [{ notifier: 'pager', severity: 'page', model: 'digits' }],
    }),
  );
  expect(rules['feature-drift']).toEqual({
    on: true,
    severity: 'page',
    thresholds: { numeric: 0.05, categorical: 0.1 },
    forWindows: { holds: 3, of: 5 },
  });
  expect(rules.latency).toMatchObject({ on: false, forWindows: { holds: 1, of: 1 } });
  expect(silences).toEqual([
    { model: 'digits', rule: 'latency', untilMs: Date.UTC(2026, 11, 1, 8), reason: 'moving hosts' },
  ]);
  expect(routes).toEqual([{ notifier: 'pager', severity: 'page', model: 'digits' }]);
});

test.each<[string, object, string]>([
  ['an unknown key', { rule: {} }, '$.rule: the alert rules know no such key; expected "schema"'],
  [
    'an unknown rule',
    { rules: { drift: {} } },
    '$.rules.drift: the alert rules know no such key; expected "feature-drift"',
  ],
  [
    'an unknown threshold',
    { rules: { latency: { thresholds: { ms: 3 } } } },
    '$.rules.latency.thresholds.ms: the alert rules know no such key; expected "ratio"',
  ],
  [
    'a threshold that is text',
    { rules: { latency: { thresholds: { ratio: '2' } } } },
    '$.rules.latency.thresholds.ratio: expected a finite number, got "2"',
  ],
  [
    'a threshold below zero',
    { rules: { latency: { thresholds: { ratio: -1 } } } },
    '$.rules.latency.thresholds.ratio: expected a number from 0',
  ],
  [
    'a severity nobody knows',
    { rules: { latency: { severity: 'critical' } } },
    '$.rules.latency.severity: expected "ticket" or "page", got "critical"',
  ],
  [
    'more windows than there are',
    { forWindows: { holds: 4, of: 3 } },
    '$.forWindows.holds: expected a whole number from 1 to 3, got 4',
  ],
  [
    'no false alerts at all',
    { expectedFalseAlertsPerMonth: 0 },
    '$.expectedFalseAlertsPerMonth: expected a number from 0.001',
  ],
  [
    'a silence of everything',
    { silences: [{ until: '2026-12-01T08:00:00Z' }] },
    '$.silences[0]: expected "model", "version" or "rule"',
  ],
  [
    'a silence without an end',
    { silences: [{ model: 'm' }] },
    '$.silences[0].until: expected text, got nothing',
  ],
  [
    'a time without a zone',
    { silences: [{ model: 'm', until: '2026-12-01T08:00' }] },
    '$.silences[0].until: expected a time in UTC',
  ],
  [
    'a day that does not exist',
    { silences: [{ model: 'm', until: '2026-13-01T08:00:00Z' }] },
    '$.silences[0].until: expected a time in UTC',
  ],
  [
    'a route to nobody',
    { routes: [{ severity: 'page' }] },
    '$.routes[0].notifier: expected text, got nothing',
  ],
  [
    'another format',
    { schema: 'perigee-alerts/2' },
    '$.schema: expected "perigee-alerts/1", got "perigee-alerts/2"',
  ],
])('%s is refused with its path', (_what, rest, message) => {
  expect(() => parseRules(withRest(rest))).toThrow(message);
});

test.each([
  ['no JSON', '{', 'it is not JSON'],
  ['a key twice', '{"schema":"perigee-alerts/1","rules":{},"rules":{}}', 'stands twice'],
  ['a list', '[]', '$: expected an object, got []'],
])('%s is refused, with what to do', (_what, text, message) => {
  expect(() => parseRules(text)).toThrow(message);
  expect(() => parseRules(text)).toThrow('Correct the rules file; docs/alerts.md');
});

test('the example of the guide is read, and the guide names every rule and threshold', async () => {
  const example = parseRules(await readFile(new URL('alerts.example.json', DOCS), 'utf8'));
  expect(example.routes.length).toBeGreaterThan(0);
  const guide = await readFile(new URL('alerts.md', DOCS), 'utf8');
  for (const [rule, thresholds] of Object.entries(DEFAULT_THRESHOLDS)) {
    const row = guide.split('\n').find((line) => line.startsWith(`| \`${rule}\` |`));
    for (const [name, value] of Object.entries(thresholds))
      expect(row).toContain(`\`${name}\` ${value}`);
  }
});
