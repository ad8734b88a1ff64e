import { expect, onTestFinished, test } from 'vitest';
import type { CollectorStore } from '../store/store.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { finding, HOUR, receiver, testClock, testLogger } from './alerts.fixture.ts';
import { createAlerting } from './alerting.ts';
import type { AlertGroup, Notifier } from './notify/notifier.ts';
import { createWebhookNotifier } from './notify/webhook.ts';
import { DEFAULT_RULES, parseRules } from './rules.ts';
import type { Rules } from './rules.ts';

const HOUR_MS = 3_600_000;
const publicUrl = 'https://perigee.example/';

/** A notifier that records its groups, and fails while `failing` returns true. */
function recorder(failing: () => boolean = () => false) {
  const groups: AlertGroup[] = [];
  const notifier: Notifier = {
    async send(group) {
      if (failing()) throw new Error('nobody there');
      groups.push(group);
    },
  };
  return {
    groups,
    notifier,
    said: () =>
      groups.map(
        ({ model, version, notices }) =>
          `${model}@${version}: ${notices.map(({ event, rule }) => `${event} ${rule}`).join(', ')}`,
      ),
  };
}

function setUp(
  notifiers: Record<string, Notifier>,
  {
    rules = DEFAULT_RULES,
    store = openSqliteStore(':memory:'),
  }: { rules?: Rules; store?: CollectorStore } = {},
) {
  const time = testClock();
  const { lines, logger } = testLogger();
  const start = () => {
    const alerting = createAlerting({
      store,
      rules,
      notifiers,
      publicUrl,
      logger,
      clock: time.clock,
    });
    onTestFinished(() => alerting.close());
    return alerting;
  };
  return { ...time, lines, store, start };
}

test('an alert opens after two windows, is listed and sent after 30 s, and its end is sent too', async () => {
  const { groups, notifier, said } = recorder();
  const { advance, start, lines } = setUp({ all: notifier });
  const alerting = start();
  await alerting.observe([finding()], HOUR);
  expect(await alerting.open()).toEqual([]);
  expect(await alerting.tracked()).toMatchObject([{ state: 'pending' }]);
  await alerting.observe([finding()], HOUR + 1);
  await advance(29_000);
  expect(groups).toEqual([]);
  await advance(2_000);
  expect(said()).toEqual(['digits@1.1.0: opened feature-drift']);
  const [alert] = await alerting.open();
  expect(groups[0]!.notices[0]).toMatchObject({
    alert: alert!.id,
    findings: [finding()],
    url: `${publicUrl}alerts/${alert!.id}`,
  });
  expect(await alerting.history(10)).toEqual([alert]);
  for (let hour = 2; hour <= 7; hour += 1) await alerting.observe([], HOUR + hour);
  expect(await alerting.open()).toEqual([]);
  expect(await alerting.history(10)).toMatchObject([{ id: alert!.id, state: 'resolved' }]);
  await advance(31_000);
  expect(said()).toEqual([
    'digits@1.1.0: opened feature-drift',
    'digits@1.1.0: resolved feature-drift',
  ]);
  expect(lines).toEqual([]);
});

test('alerts of a version go out as one message, of others as others', async () => {
  const { notifier, said } = recorder();
  const { advance, start } = setUp({ all: notifier });
  const alerting = start();
  const window = [
    finding(),
    finding({ rule: 'latency', subject: 'wasm' }),
    finding({ version: '1.0.0' }),
  ];
  await alerting.observe(window, HOUR);
  await alerting.observe(window, HOUR + 1);
  await advance(20_000);
  // Opens while the first ones wait, and is sent with them.
  await alerting.observe([...window, finding({ rule: 'accuracy', subject: '' })], HOUR + 2);
  await alerting.observe([...window, finding({ rule: 'accuracy', subject: '' })], HOUR + 3);
  await advance(11_000);
  expect(said().toSorted()).toEqual([
    'digits@1.0.0: opened feature-drift',
    'digits@1.1.0: opened feature-drift, opened latency, opened accuracy',
  ]);
});

test('routes separate pages from tickets; the end of an alert that became a page goes to both', async () => {
  const pager = recorder();
  const desk = recorder();
  const other = recorder();
  const rules = parseRules(
    JSON.stringify({
      schema: 'perigee-alerts/1',
      routes: [
        { notifier: 'pager', severity: 'page' },
        { notifier: 'desk', severity: 'ticket' },
        { notifier: 'other', model: 'words' },
      ],
    }),
  );
  const { advance, start } = setUp(
    { pager: pager.notifier, desk: desk.notifier, other: other.notifier },
    { rules },
  );
  const alerting = start();
  for (const [hour, severity] of (['ticket', 'ticket', 'page'] as const).entries()) {
    await alerting.observe([finding({ severity })], HOUR + hour);
    await advance(60_000);
  }
  for (let hour = 3; hour < 9; hour += 1) await alerting.observe([], HOUR + hour);
  await advance(60_000);
  expect(pager.groups.flatMap(({ notices }) => notices.map(({ event }) => event))).toEqual([
    'updated',
    'resolved',
  ]);
  expect(desk.groups.flatMap(({ notices }) => notices.map(({ event }) => event))).toEqual([
    'opened',
    'updated',
    'resolved',
  ]);
  expect(other.groups).toEqual([]);
});

test('a failing notifier is logged, delays no other, and later delivers each alert as it then is', async () => {
  let down = true;
  const broken = recorder(() => down);
  const good = recorder();
  const { advance, start, lines } = setUp({ broken: broken.notifier, good: good.notifier });
  const alerting = start();
  await alerting.observe([finding()], HOUR);
  await alerting.observe([finding()], HOUR + 1);
  await advance(31_000);
  expect(good.groups).toHaveLength(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(
    '"broken" did not deliver 1 alert events of digits@1.1.0; 1 are tried again. Error: ' +
      'nobody there',
  );
  await advance(10 * 60_000);
  expect(lines).toHaveLength(4);
  down = false;
  await alerting.observe([finding({ severity: 'page' })], HOUR + 2);
  await advance(60_000);
  expect(broken.said()).toEqual(['digits@1.1.0: opened feature-drift']);
  expect(broken.groups[0]!.notices[0]!.severity).toBe('page');
  await advance(24 * 3_600_000);
  expect(broken.groups).toHaveLength(1);
});

test('the next process delivers what was not delivered, and only that', async () => {
  let down = true;
  const { notifier, said } = recorder(() => down);
  const { advance, start, store } = setUp({ all: notifier });
  const first = start();
  await first.observe([finding()], HOUR);
  await first.observe([finding()], HOUR + 1);
  await advance(31_000);
  await first.observe([finding(), finding({ model: 'words' })], HOUR + 2);
  await first.observe([finding(), finding({ model: 'words' })], HOUR + 3);
  // Close while one message waits for a retry and one for its group.
  await first.close();
  expect(
    (await store.list('undelivered', 9)).flatMap(
      ({ body }) => (body as { deliveries: unknown[] }).deliveries,
    ),
  ).toHaveLength(2);
  down = false;
  const second = start();
  // Repeat the last observed window: nothing is sent twice.
  await second.observe([finding(), finding({ model: 'words' })], HOUR + 3);
  await advance(24 * 3_600_000);
  expect(said().toSorted()).toEqual([
    'digits@1.1.0: opened feature-drift',
    'words@1.1.0: opened feature-drift',
  ]);
  expect(
    (await store.list('undelivered', 9)).flatMap(
      ({ body }) => (body as { deliveries: unknown[] }).deliveries,
    ),
  ).toEqual([]);
  const third = start();
  await advance(24 * 3_600_000);
  expect(said()).toHaveLength(2);
  expect(await third.open()).toHaveLength(2);
});

test('after a week without delivery it is given up, with a line in the log', async () => {
  const { notifier } = recorder(() => true);
  const { advance, start, lines, store } = setUp({ all: notifier });
  const alerting = start();
  await alerting.observe([finding()], HOUR);
  await alerting.observe([finding()], HOUR + 1);
  await advance(8 * 24 * 3_600_000);
  expect(lines.at(-1)).toContain(
    '0 are tried again, the others were tried for a week and are given up',
  );
  expect((await store.list('undelivered', 9))[0]!.body).toMatchObject({ deliveries: [] });
});

test('a store that fails is logged, and neither throws nor loses what comes after', async () => {
  const inner = openSqliteStore(':memory:');
  let failing = false;
  const broken = async (): Promise<never> => {
    throw new Error('disk full');
  };
  const store: CollectorStore = {
    ...inner,
    put: (...document) => (failing ? broken() : inner.put(...document)),
    list: (kind, limit) => (failing ? broken() : inner.list(kind, limit)),
  };
  const { notifier, said } = recorder();
  const { advance, start, lines } = setUp({ all: notifier }, { store });
  const alerting = start();
  await alerting.observe([finding()], HOUR);
  failing = true;
  await alerting.observe([finding()], HOUR + 1);
  await advance(31_000);
  expect(said()).toEqual(['digits@1.1.0: opened feature-drift']);
  expect(lines.join('\n')).toContain('disk full');
  failing = false;
  await alerting.observe([finding()], HOUR + 2);
  expect(await alerting.history(5)).toMatchObject([{ state: 'firing' }]);
  expect(said()).toHaveLength(1);
});

test('an alert of a rule that this version does not know is passed over', async () => {
  const { start, store, lines } = setUp({});
  const first = start();
  await first.observe([finding()], HOUR);
  await first.observe([finding()], HOUR + 1);
  const [document] = await store.list('alert-state', 1);
  const body = document!.body as { alerts: object[] };
  await store.put(
    'alert-state',
    'current',
    { ...body, alerts: [...body.alerts, { ...body.alerts[0], rule: 'of-tomorrow' }] },
    0,
  );
  const second = start();
  await second.observe([finding()], HOUR + 2);
  expect(await second.open()).toMatchObject([{ rule: 'feature-drift' }]);
  expect(lines).toEqual([]);
});

test('a window whose state was not stored is observed again, and its message is queued once', async () => {
  const inner = openSqliteStore(':memory:');
  let ending = false;
  const store: CollectorStore = {
    ...inner,
    put: async (kind, ...document) =>
      ending && kind === 'alert-state'
        ? Promise.reject(new Error('ended'))
        : inner.put(kind, ...document),
  };
  const { notifier, groups } = recorder();
  const { advance, start } = setUp({ all: notifier }, { store });
  const first = start();
  await first.observe([finding()], HOUR);
  ending = true;
  await first.observe([finding()], HOUR + 1);
  await first.close();
  ending = false;
  const second = start();
  await second.observe([finding()], HOUR + 1);
  expect((await store.list('undelivered', 9))[0]!.body).toMatchObject({
    deliveries: [{ notice: { event: 'opened' } }],
  });
  await advance(60_000);
  expect(groups).toHaveLength(1);
  expect(await second.open()).toMatchObject([{ id: groups[0]!.notices[0]!.alert }]);
});

test('a window whose hour is no whole number is left out and logged', async () => {
  const { start, lines } = setUp({});
  const alerting = start();
  await alerting.observe([], HOUR);
  await alerting.observe([finding()], HOUR + 0.5);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`got ${HOUR + 0.5}`);
  expect(await alerting.tracked()).toEqual([]);
});

test('a webhook receives an alert over HTTP', async () => {
  const { url, received } = await receiver([503]);
  const { advance, start } = setUp({
    hook: createWebhookNotifier({ url, secret: 'a secret of some length', backoffMs: 1 }),
  });
  const alerting = start();
  await alerting.observe([finding()], HOUR);
  await alerting.observe([finding()], HOUR + 1);
  await advance(31_000);
  await expect.poll(() => received.length).toBe(2);
  expect(JSON.parse(received[1]!.body)).toMatchObject({
    schema: 'perigee-alert-group/1',
    model: 'digits',
    notices: [{ event: 'opened', rule: 'feature-drift' }],
  });
});

test.each([
  [
    'a route to a notifier that there is not',
    { routes: [{ notifier: 'slak' }] },
    publicUrl,
    '$.routes[0].notifier of the alert rules: there is no notifier "slak"; expected "all"',
  ],
  [
    'a dashboard that is nowhere',
    {},
    'perigee.example',
    'publicUrl: expected the URL at which people open the dashboard',
  ],
])('%s is refused at the start', (_what, rules, url, message) => {
  const create = () =>
    createAlerting({
      store: openSqliteStore(':memory:'),
      rules: parseRules(JSON.stringify({ schema: 'perigee-alerts/1', ...rules })),
      notifiers: { all: recorder().notifier },
      publicUrl: url,
    });
  expect(create).toThrow(message);
});

test('an alert has the time it was seen and its first bad hour; neither lies in the future', async () => {
  const { notifier, groups } = recorder();
  const { advance, clock, start } = setUp({ all: notifier });
  const alerting = start();
  // The window includes the current hour.
  await advance(20 * 60_000);
  await alerting.observe([finding()], HOUR + 1);
  await advance(HOUR_MS);
  await alerting.observe([finding()], HOUR + 2);
  const openedAtMs = clock.now();
  expect(await alerting.open()).toMatchObject([{ openedAtMs, sinceMs: HOUR * HOUR_MS }]);
  await advance(31_000);
  const iso = (ms: number): string => new Date(ms).toISOString();
  expect(groups[0]!.notices[0]).toMatchObject({ at: iso(openedAtMs), since: iso(HOUR * HOUR_MS) });
  await advance(7 * HOUR_MS);
  await alerting.observe([], HOUR + 9);
  expect(await alerting.history(1)).toMatchObject([{ openedAtMs, resolvedAtMs: clock.now() }]);
});

test('an alert of the whole fleet inhibits that of a segment; a segment’s own alert is sent', async () => {
  const { notifier, said } = recorder();
  const { advance, start } = setUp({ all: notifier });
  const alerting = start();
  const window = [
    finding(),
    finding({ segment: 'free' }),
    finding({ segment: 'paid', subject: 'slant' }),
  ];
  await alerting.observe(window, HOUR);
  await alerting.observe(window, HOUR + 1);
  await advance(31_000);
  const open = await alerting.open();
  const whole = open.find(({ segment }) => segment === '')!;
  expect(open.map(({ segment, inhibitedBy }) => [segment, inhibitedBy]).toSorted()).toEqual([
    ['', null],
    ['free', whole.id],
    ['paid', null],
  ]);
  expect(said()).toEqual(['digits@1.1.0: opened feature-drift, opened feature-drift']);
});
