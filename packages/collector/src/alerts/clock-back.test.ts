import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { finding, HOUR, testClock, testLogger } from './alerts.fixture.ts';
import { createAlerting } from './alerting.ts';
import { parseRules } from './rules.ts';

const rules = parseRules(JSON.stringify({ schema: 'perigee-alerts/1', routes: [] }));

function setUp() {
  const store = openSqliteStore(':memory:');
  const { lines, logger } = testLogger();
  const start = () => {
    const alerting = createAlerting({
      store,
      rules,
      notifiers: {},
      publicUrl: 'https://perigee.example/',
      logger,
      clock: testClock().clock,
    });
    onTestFinished(() => alerting.close());
    return alerting;
  };
  return { start, lines };
}

test('a clock that was ahead for one check does not stop alerting, also after a restart', async () => {
  const { start, lines } = setUp();
  const first = start();
  await first.observe([], HOUR);
  await first.observe([finding()], HOUR + 8 * 24);
  await first.close();
  const second = start();
  for (const hour of [HOUR + 1, HOUR + 2]) await second.observe([finding()], hour);
  expect(await second.open()).toMatchObject([{ state: 'firing', sinceMs: HOUR * 3_600_000 }]);
  for (let hour = 3; hour <= 9; hour += 1) await second.observe([], HOUR + hour);
  expect(await second.open()).toEqual([]);
  expect(lines.filter((line) => line.includes('clock'))).toHaveLength(1);
});

test('an alert that was opened while the clock was ahead resolves by the right one', async () => {
  const { start } = setUp();
  const alerting = start();
  for (const hour of [200, 201]) await alerting.observe([finding()], HOUR + hour);
  expect(await alerting.open()).toHaveLength(1);
  await alerting.observe([], HOUR);
  expect(await alerting.open()).toMatchObject([{ openedAtMs: HOUR * 3_600_000 }]);
  for (let hour = 1; hour <= 8; hour += 1) await alerting.observe([], HOUR + hour);
  expect(await alerting.open()).toEqual([]);
});
