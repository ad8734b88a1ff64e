import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import type { HourTotals, VersionTotals } from '../store/store.ts';
import type { ModelChannels } from './channels.ts';
import { lastHoursOf, silences } from './silences.ts';

const LAST_HOUR = 100;
const zeros = { devices: 0, failedDevices: 0, predictions: 0, errors: 0, goldenFailed: 0 };
const total: VersionTotals = {
  ...zeros,
  model: 'digits',
  version: '1.0.0',
  backend: 'wasm',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  fallbacks: 0,
  sessionsStarted: 500,
  sessionsDegraded: 0,
  sessionsFailed: 0,
  goldenPassed: 0,
  labelled: 0,
  correct: 0,
  profiles: 500,
  firstHour: 1,
  lastHour: LAST_HOUR,
};
const dayBefore: HourTotals = {
  ...zeros,
  hour: LAST_HOUR - 20,
  version: '1.0.0',
  sessionsStarted: 80,
  sessionsFailed: 0,
};
const channels: readonly ModelChannels[] = [
  {
    model: 'digits',
    file: {
      schema: 'perigee-channels/1',
      model: 'digits',
      sequence: 1,
      channels: { stable: { version: '1.0.0' } },
    },
    fault: undefined,
  },
];
const lastHours = lastHoursOf([total]);
const store = { timeline: () => Promise.resolve([dayBefore]) };

test('the effect of a silence is its length in hours', async () => {
  const { findings } = await silences(store, channels, lastHours, DEFAULT_RULES, LAST_HOUR + 8);
  expect(findings).toMatchObject([
    { rule: 'silence', effect: { value: 7, threshold: 6, unit: 'hours' } },
  ]);
});

test('a version that was silent for less than six hours has no finding', async () => {
  const { findings } = await silences(store, channels, lastHours, DEFAULT_RULES, LAST_HOUR + 6);
  expect(findings).toEqual([]);
});
