import { expect, test } from 'vitest';
import type { AlertView } from '../../src/api.ts';
import { alertAbout } from './alert-about.ts';
import { alertPage } from './alert-page.ts';
import { byUrgency } from './by-urgency.ts';

const alert: AlertView = {
  id: 'a1',
  rule: 'feature-drift',
  model: 'wdbc',
  version: '1.0.0',
  segment: '',
  severity: 'ticket',
  state: 'open',
  undecided: null,
  undecidedSince: null,
  acknowledged: null,
  snoozed: null,
  inhibitedBy: null,
  openedAt: '2026-11-20T12:20:00.000Z',
  since: '2026-11-20T10:00:00.000Z',
  resolvedAt: null,
  headline: 'Values of radius are higher than in training.',
  impact: 'No session fails.',
  summary: 'It moved.',
  effect: { value: 0.08, low: 0.07, high: 0.09, threshold: 0.03, unit: 'distance' },
  devices: 12,
  subjects: ['radius'],
  topFeatures: [{ name: 'radius', contribution: 1 }],
  firstVersionSeen: '1.0.0',
};
const linkOf = (change: Partial<AlertView>): URL =>
  new URL(alertPage({ ...alert, ...change }), 'http://collector.example');

test('an alert links to the page of its feature, for the period in which it was open', () => {
  const { pathname, searchParams } = linkOf({});
  expect(pathname).toBe('/models/wdbc/drift');
  expect(Object.fromEntries(searchParams)).toEqual({
    version: '1.0.0',
    alert: 'a1',
    from: '2026-11-19T10:00:00.000Z',
    feature: 'radius',
  });
});

test('a release alert links to the comparison; a resolved alert also to the end of its period', () => {
  const { pathname, searchParams } = linkOf({
    rule: 'error-rate',
    segment: 'pro',
    subjects: [],
    topFeatures: [],
    resolvedAt: '2026-11-20T18:01:00.000Z',
  });
  expect(pathname).toBe('/models/wdbc/releases');
  expect(Object.fromEntries(searchParams)).toMatchObject({
    challenger: '1.0.0',
    metric: 'failed-sessions',
    segment: 'pro',
    to: '2026-11-20T19:00:00.000Z',
  });
});

test('an alert about all versions or models says so; one about all models links to itself', () => {
  const fault = { rule: 'cannot-judge', version: '' } as const;
  expect(Object.fromEntries(linkOf(fault).searchParams)).toEqual({
    alert: 'a1',
    from: '2026-11-19T10:00:00.000Z',
  });
  expect(linkOf({ ...fault, model: '' }).pathname).toBe('/alerts/a1');
  expect(
    [
      alert,
      { ...alert, ...fault },
      { ...alert, model: '', version: '' },
      { ...alert, segment: 'pro' },
    ].map(alertAbout),
  ).toEqual(['wdbc 1.0.0', 'wdbc, all versions', 'All models', 'wdbc 1.0.0, segment pro']);
});

test('pages come before tickets, and later alerts before earlier ones', () => {
  const [early, late, page] = [
    { ...alert, id: 'early', openedAt: '2026-11-19T00:00:00.000Z' },
    { ...alert, id: 'late' },
    { ...alert, id: 'page', severity: 'page' as const, openedAt: '2026-11-18T00:00:00.000Z' },
  ];
  expect([early, late, page].toSorted(byUrgency).map(({ id }) => id)).toEqual([
    'page',
    'late',
    'early',
  ]);
});
