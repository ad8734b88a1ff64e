import { expect, onTestFinished, test } from 'vitest';
import { HOUR, finding, testClock, testLogger } from './alerts.fixture.ts';
import { createAlerting } from './alerting.ts';
import { addToLog, readLog } from './log/alert-log.ts';
import type { Notice } from './notify/notifier.ts';
import { DEFAULT_RULES } from './rules.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { CollectorStore } from '../store/store.ts';
import { commit, hourOf } from '../monitor/monitor.fixture.ts';

const HOUR_MS = 3_600_000;

function setUp(store: CollectorStore = openSqliteStore(':memory:')) {
  const { clock, advance } = testClock();
  const notices: Notice[] = [];
  const { logger, lines } = testLogger();
  const alerting = createAlerting({
    store,
    rules: DEFAULT_RULES,
    notifiers: { pager: { send: async (group) => void notices.push(...group.notices) } },
    publicUrl: 'https://perigee.example/',
    logger,
    clock,
  });
  onTestFinished(() => alerting.close());
  let window = HOUR;
  /** Looks at the next window, and lets messages go out. */
  const observe = async (value: number, hours = 1): Promise<void> => {
    for (let i = 0; i < hours; i += 1) {
      const effect = {
        value,
        low: value - 0.01,
        high: value + 0.01,
        threshold: 0.03,
        unit: 'distance',
      } as const;
      await alerting.observe([finding({ effect })], window);
      window += 1;
      await advance(HOUR_MS);
    }
  };
  const snooze = async (untilMs: number | null, newest = '1.1.0'): Promise<void> => {
    const [alert] = await alerting.open();
    const { id, model, version } = alert!;
    await addToLog(
      store,
      `snooze ${window}`,
      { kind: 'snoozed', alert: id, model, version, by: 'Ada', note: '', untilMs, newest },
      clock.now(),
    );
  };
  const said = (): string[] => notices.map(({ event, why }) => why ?? event);
  return { store, clock, alerting, lines, observe, snooze, said };
}

test('nobody hears of a snoozed alert, even if it gets worse; afterwards people are reminded once', async () => {
  const { clock, observe, snooze, said } = setUp();
  await observe(0.06, 2);
  expect(said()).toEqual(['opened']);
  await snooze(clock.now() + 8 * HOUR_MS);
  await observe(0.2, 7);
  expect(said()).toEqual(['opened']);
  await observe(0.2, 4);
  expect(said()).toEqual(['opened', 'snooze-over']);
});

test('a snooze until the next version ends when devices count a newer one', async () => {
  const { store, observe, snooze, said } = setUp();
  await observe(0.06, 2);
  await commit(store, hourOf(HOUR, {}, { model: 'digits', version: '1.1.0' }));
  await snooze(null);
  await observe(0.2, 30);
  expect(said()).toEqual(['opened']);
  await commit(store, hourOf(HOUR, {}, { model: 'digits', version: '1.2.0' }));
  await observe(0.2);
  expect(said()).toEqual(['opened', 'snooze-over']);
});

test('the log has each event once, who was told, and what a repeated window adds nothing to', async () => {
  const { store, alerting, observe } = setUp();
  await observe(0.06, 2);
  await alerting.observe([finding()], HOUR + 1);
  const entries = (await readLog(store)).map(({ entry }) => entry);
  expect(entries).toMatchObject([
    { kind: 'opened', severity: 'ticket', headline: expect.stringMatching(/^Values of ink are/) },
    { kind: 'told', notifier: 'pager', event: 'opened' },
  ]);
});

test('a log that cannot be read keeps the last known snoozes, and no alert is lost', async () => {
  const inner = openSqliteStore(':memory:');
  let failing = false;
  const store: CollectorStore = {
    ...inner,
    list: async (kind, limit) =>
      failing && kind === 'alert-log'
        ? Promise.reject(new Error('disk broken'))
        : inner.list(kind, limit),
  };
  const { clock, alerting, lines, observe, snooze, said } = setUp(store);
  await observe(0.06, 2);
  await snooze(clock.now() + 8 * HOUR_MS);
  await observe(0.06);
  failing = true;
  await observe(0.3, 3);
  expect(said()).toEqual(['opened']);
  expect(lines.join()).toContain('disk broken');
  expect(await alerting.open()).toMatchObject([{ snoozed: true }]);
});
