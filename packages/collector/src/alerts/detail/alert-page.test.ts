import type { Profile } from '@perigee/profile';
import type { AlertAnswer, AlertsAnswer, AuditAnswer, MarksAnswer } from '@perigee/collector';
import { expect, test } from 'vitest';
import { parseRules } from '../rules.ts';
import { digitsProfile, NOW_HOUR, publishModels, start, upload } from '../../collector.fixture.ts';

publishModels();

const GROUPS = 16;
const ONCE = '"forWindows":{"holds":1,"of":1}';
const rules = (more = ''): ReturnType<typeof parseRules> =>
  parseRules(`{"schema":"perigee-alerts/1",${ONCE}${more}}`);
/** Moves the middle of the pictures by so much that most lie outside the reference. */
const MOVED = 0.05;

/** One hour of 96 devices. Only those with WebGPU see other pictures. */
function fleet(hour: number): Profile[] {
  return (['wasm', 'webgpu'] as const).flatMap((backend) => {
    const profile = digitsProfile(60, backend === 'webgpu' ? MOVED : 0, hour);
    return Array.from({ length: 3 * GROUPS }, (_, device): Profile => ({
      ...profile,
      key: { ...profile.key, backend, group: device % GROUPS },
      sessions: { started: 1, degraded: 0, failed: 0 },
    }));
  });
}

type Collector = Awaited<ReturnType<typeof start>>;

async function opened(options: Parameters<typeof start>[0] = {}): Promise<Collector> {
  const collector = await start({ everyMs: 50, rules: rules(), minDevices: 10, ...options });
  for (const hour of [NOW_HOUR - 1, NOW_HOUR])
    for (const profile of fleet(hour))
      expect((await collector.post(upload([profile]))).status).toBe(202);
  return collector;
}

const alertsOf = async ({ get }: Collector): Promise<AlertsAnswer['alerts']> =>
  (await get<AlertsAnswer>('v1/alerts')).alerts;

async function driftAlert(collector: Collector): Promise<AlertAnswer> {
  await expect
    .poll(async () => (await alertsOf(collector)).map(({ rule }) => rule))
    .toContain('feature-drift');
  const alert = (await alertsOf(collector)).find(({ rule }) => rule === 'feature-drift')!;
  return collector.get<AlertAnswer>(`v1/alerts/${alert.id}`);
}

const say = ({ url }: Collector, path: string, body: unknown, headers = {}): Promise<Response> =>
  fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...headers },
    body: JSON.stringify(body),
  });

test('an alert says in words what happened, who is affected and by what it differs most', async () => {
  const collector = await opened();
  const { alert, affected, began, course, related } = await driftAlert(collector);
  expect(alert.headline).toMatch(
    /^Pictures are centred further (right|down) than in training: .* of the training set\./,
  );
  expect(alert.impact).toMatch(/^Nobody knows how often the model is right/);
  expect(alert.headline + alert.impact).not.toMatch(/asserstein|variation/);
  expect(alert.summary).toContain('Wasserstein');

  expect(affected).toMatchObject({ mostDevices: 96, share: 1, unit: 'distance' });
  expect(affected!.deviceHours % 96).toBe(0);
  expect(affected!.differsMostBy).toMatchObject({ dimension: 'backend', name: 'webgpu' });
  const [worst, other] = affected!.parts;
  expect([worst?.name, other?.name]).toEqual(['webgpu', 'wasm']);
  expect(worst!.value.value).toBeGreaterThan(other!.value.value * 3);

  expect(course).toMatchObject({ unit: 'distance', stepHours: 1, threshold: 0.03 });
  expect(course!.points.filter(({ value }) => value !== null).length).toBeGreaterThan(0);
  // The monitor looked for the first time now; the figures of single hours say since when.
  expect(began).toBe(new Date((NOW_HOUR - 1) * 3_600_000).toISOString());
  expect(course!.bad.from).toBe(began);
  expect(related.map(({ rule }) => rule)).toEqual(['prediction-drift']);
});

test('an alert has likely causes, its runbook, and the command that takes the version back', async () => {
  const collector = await opened();
  const { alert, causes, rollback, guard, runbook, history } = await driftAlert(collector);
  expect(runbook).toBe('/runbooks/feature-drift');
  expect(causes.length).toBeGreaterThan(1);
  // The registry has named no earlier version, so there is none to go back to.
  expect(rollback).toMatchObject({ steps: [], canRun: false });
  expect(rollback.advice).toContain('No channel named an earlier version');
  expect(guard).toMatchObject({ state: 'no-rollout', lastSeen: null });
  expect(history.map(({ kind }) => kind)).toEqual(['began', 'opened']);
  await fetch(new URL('v1/models/digits/compare?champion=0.9.0&challenger=1.0.0', collector.url), {
    headers: { 'user-agent': 'perigee-guard' },
  });
  await expect.poll(async () => (await driftAlert(collector)).guard.lastSeen).not.toBe(null);
  expect((await collector.get<{ error: object }>('v1/alerts/nobody')).error).toMatchObject({
    code: 'ALERT_NOT_FOUND',
  });
  expect(alert.acknowledged).toBe(null);
});

test('who acknowledges or snoozes an alert stands on it, in its history and in the audit log', async () => {
  const told: string[] = [];
  const collector = await opened({
    notifiers: {
      pager: { send: async ({ notices }) => void told.push(...notices.map((n) => n.id)) },
    },
  });
  const { alert } = await driftAlert(collector);
  const path = `v1/alerts/${alert.id}`;
  const answer = await say(collector, `${path}/acknowledge`, { name: 'Ada', note: 'on it' });
  expect(await answer.json()).toMatchObject({ acknowledged: { by: 'Ada', note: 'on it' } });
  await say(collector, `${path}/snooze`, { name: 'Ada', until: '8h' });
  const [shown] = (await alertsOf(collector)).filter(({ id }) => id === alert.id);
  expect(shown).toMatchObject({ acknowledged: { by: 'Ada' }, snoozed: { by: 'Ada' } });
  const untilMs = Date.parse(shown!.snoozed!.until) - Date.now();
  expect(untilMs).toBeGreaterThan(7.9 * 3_600_000);
  await say(collector, `${path}/snooze`, { name: 'Bob', until: 'next-version' });
  expect((await collector.get<AlertAnswer>(path)).alert.snoozed).toMatchObject({
    by: 'Bob',
    until: 'next-version',
  });
  await say(collector, `${path}/wake`, { name: 'Bob' });
  const { alert: awake, history } = await collector.get<AlertAnswer>(path);
  expect(awake.snoozed).toBe(null);
  expect(history.map(({ kind }) => kind).slice(0, 2)).toEqual(['began', 'opened']);
  expect(history.slice(2).map(({ text }) => text)).toEqual(
    expect.arrayContaining(['Ada looks after it: on it', 'Bob snoozed it until the next version.']),
  );
  const { entries } = await collector.get<AuditAnswer>('v1/audit');
  expect(entries.filter(({ actor }) => actor === 'operator').map(({ action }) => action)).toEqual([
    'alert-woken',
    'alert-snoozed',
    'alert-snoozed',
    'alert-acknowledged',
  ]);
});

test('a response without a name, for another time or from another site is refused', async () => {
  const collector = await opened();
  const { alert } = await driftAlert(collector);
  const path = `v1/alerts/${alert.id}`;
  const refusals = [
    say(collector, `${path}/acknowledge`, { name: ' ' }),
    say(collector, `${path}/snooze`, { name: 'Ada', until: '9h' }),
    say(collector, `${path}/acknowledge`, { name: 'Ada' }, { origin: 'https://evil.example' }),
    say(collector, 'v1/alerts/nobody/acknowledge', { name: 'Ada' }),
  ];
  expect((await Promise.all(refusals)).map(({ status }) => status)).toEqual([400, 400, 403, 404]);
  expect((await alertsOf(collector)).every(({ acknowledged }) => acknowledged === null)).toBe(true);
});

test('responses need the admin key', async () => {
  const adminKey = 'a key that only people have';
  const collector = await start({ adminKey });
  const body = { name: 'Ada' };
  expect((await say(collector, 'v1/alerts/a/acknowledge', body)).status).toBe(401);
  const headers = { authorization: `Bearer ${adminKey}` };
  expect((await say(collector, 'v1/alerts/a/acknowledge', body, headers)).status).toBe(404);
});

test('time axes get releases, alerts and changes of the rules as marks', async () => {
  const collector = await opened();
  await driftAlert(collector);
  await collector.close();
  const again = await start({
    dataDir: collector.dataDir,
    everyMs: 50,
    rules: rules(',"rules":{"latency":{"thresholds":{"ratio":1.5}}}'),
  });
  const { marks } = await again.get<MarksAnswer>('v1/models/digits/marks');
  expect(marks.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['released', 'alert-opened', 'rules-changed']),
  );
  expect(marks.find(({ kind }) => kind === 'rules-changed')?.text).toBe(
    'Alert rules changed: latency ratio 1.2 → 1.5.',
  );
  expect(marks.map(({ at }) => at)).toEqual(marks.map(({ at }) => at).toSorted());
  const { changes } = await driftAlert(again);
  expect(changes.map(({ kind }) => kind)).not.toContain('alert-opened');
});
