import { startCollector } from '@perigee/collector';
import type {
  AlertAnswer,
  AlertsAnswer,
  AuditAnswer,
  CollectorOptions,
  MarksAnswer,
} from '@perigee/collector';
import { createCounters, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { parseRules } from '@perigee/collector';
import { expect, onTestFinished, test } from 'vitest';
import { operator, perigee } from '../commands/operator.fixture.ts';
import { rollBackWith } from '../collector/roll-back.ts';
import { linesIn } from '../docs/commands.fixture.ts';
import { openKeyFolder } from '../keys/key-folder.ts';

const HOUR = Math.floor(Date.now() / 3_600_000);
const op = operator();

/** A device that opened the version in this hour. */
function device(version: string, group: number, fails: boolean): Profile {
  const counters = createCounters(null);
  counters.observeSession();
  for (let i = 0; i < 5; i += 1) {
    counters.observePrediction();
    counters.observeLatency('total', 20 + group / 4);
  }
  if (fails) counters.observeError('INFERENCE_FAILED');
  return counters.snapshot({
    model: 'wdbc',
    version,
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour: HOUR,
  });
}

/** The arguments of a command that a page shows. */
const argsOf = (command: string): readonly string[] => {
  const [line] = linesIn(`\`\`\`sh\n${command}\n\`\`\``);
  return line?.kind === 'perigee' ? line.args : [];
};

const ADMIN_KEY = 'the key of an operator at night';
const AUTHORISED = { authorization: `Bearer ${ADMIN_KEY}` };

/** A registry with a rollout that fails half of its sessions, and the alert about it. */
async function badRollout(prod: string, options: CollectorOptions = {}) {
  for (const version of ['1.0.0', '1.1.0']) await op.pack(version);
  await op.on(prod, 'publish', 'wdbc@1.0.0', '--channel', 'canary');
  await op.on(prod, 'publish', 'wdbc@1.1.0', '--no-channel');
  const rollout = ['rollout', 'wdbc@1.1.0', '--channel', 'canary', '--note', 'try it'];
  await op.on(prod, ...rollout, '--percent', '5');
  await op.on(prod, ...rollout, '--percent', '50');
  const collector = await startCollector({
    port: 0,
    dataDir: op.at(`data of ${prod}`),
    registry: op.at(prod),
    everyMs: 50,
    minDevices: 10,
    rules: parseRules('{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}'),
    ...options,
  });
  onTestFinished(() => collector.close());
  for (let i = 0; i < 96; i += 1) {
    const record = encodeBatch({
      batchId: i.toString(16).padStart(32, 'b'),
      sealedAtMs: Date.now(),
      lost: {},
      profiles: [device(i % 2 === 0 ? '1.0.0' : '1.1.0', (i >> 1) % 16, i % 4 === 1)],
    });
    const { status } = await fetch(new URL('v1/profiles', collector.url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: encodeFrame({ sentAtMs: Date.now(), gzip: false, record }),
    });
    expect(status).toBe(202);
  }
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(new URL(path, collector.url), { headers: AUTHORISED })).json()) as T;
  const found = async () =>
    (await get<AlertsAnswer>('v1/alerts')).alerts.find(({ rule }) => rule === 'error-rate');
  await expect.poll(found).toMatchObject({ version: '1.1.0', severity: 'page' });
  return { collector, get, alert: (await found())! };
}

test('an alert of a bad rollout has the command that takes it back, and the command works', async () => {
  const prod = await op.registry('prod');
  const { collector, get, alert } = await badRollout(prod);
  const { id, headline } = alert;
  expect(headline).toBe('Half of the sessions fail: the model does not answer there.');

  const answer = await get<AlertAnswer>(`v1/alerts/${id}`);
  expect(answer.faults).toEqual([]);
  expect(answer.changes.map(({ text }) => text)).toEqual([
    '1.1.0 went to 50 % of canary (try it)',
    '1.1.0 went to 5 % of canary (try it)',
    '1.0.0 was released to all of canary',
  ]);
  expect(answer.previous).toMatchObject({ version: '1.0.0' });
  expect(answer.previous!.rows.find(({ name }) => name === 'failed sessions')).toMatchObject({
    current: { value: 0.5 },
    previous: { value: 0 },
  });
  expect(answer.affected).toMatchObject({
    deviceHours: 48,
    share: 0.5,
    differsMostBy: { dimension: 'version', name: '1.1.0', others: { value: 0 } },
  });
  expect(answer.guard.state).toMatch(/^(watching|harm)$/);
  for (const { command } of answer.causes) {
    if (command?.startsWith('perigee'))
      expect(await perigee(...argsOf(command))).toMatchObject({ code: 0 });
  }

  const refused = await fetch(new URL(`v1/alerts/${id}/rollback`, collector.url), {
    method: 'POST',
    body: JSON.stringify({ name: 'Ada', channel: 'canary' }),
    headers: { 'content-type': 'text/plain' },
  });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ error: { code: 'NO_SIGNING_KEYS' } });
  const [step] = answer.rollback.steps;
  expect(step).toEqual({
    channel: 'canary',
    version: '1.0.0',
    command: `perigee rollback wdbc --channel canary --to ${op.at(prod)} --note "alert ${id}"`,
  });
  const ran = await perigee(...argsOf(step!.command), '--keys', op.at('keys'));
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect((await op.channels(prod)).channels['canary']).toEqual({
    version: '1.0.0',
    takenBack: ['1.1.0'],
  });

  // Channel files are read again after ten seconds.
  const after = async () => (await get<AlertAnswer>(`v1/alerts/${id}`)).rollback;
  await expect.poll(after).toEqual({
    steps: [],
    canRun: false,
    advice: 'No channel gives 1.1.0 to devices any more. Devices leave it with their next check.',
  });
  const { marks } = await get<MarksAnswer>('v1/models/wdbc/marks');
  expect(marks.findLast(({ kind }) => kind === 'rolled-back')).toMatchObject({
    version: '1.1.0',
    text: `1.1.0 was rolled back from canary, to 1.0.0 (alert ${id})`,
  });
});

test('a collector with keys rolls the rollout back for the person who asks, and says who it was', async () => {
  const prod = await op.registry('with-keys');
  const keys = await openKeyFolder(op.at('keys'), process.env['PERIGEE_KEY_PASSPHRASE']!);
  const rollBack = rollBackWith({ to: op.at(prod), keys });
  const { collector, get, alert } = await badRollout(prod, { adminKey: ADMIN_KEY, rollBack });
  const path = `v1/alerts/${alert.id}`;
  expect((await get<AlertAnswer>(path)).rollback).toMatchObject({
    canRun: true,
    steps: [{ channel: 'canary', version: '1.0.0' }],
  });
  const ask = async (body: unknown, headers: Record<string, string> = AUTHORISED) => {
    const response = await fetch(new URL(`${path}/rollback`, collector.url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const asked = { name: 'Ada', note: 'half of the sessions fail', channel: 'canary' };
  expect(await ask(asked, {})).toMatchObject({ status: 401 });
  expect(await ask(asked, { ...AUTHORISED, origin: 'https://evil.example' })).toMatchObject({
    status: 403,
  });
  expect(await ask({ ...asked, channel: 'stable' })).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('expected one of canary, got "stable"') } },
  });
  expect(await ask({ channel: 'canary' })).toMatchObject({ status: 400 });
  // The channel moved on since the collector read it.
  const late = { model: 'wdbc', channel: 'canary', from: '1.0.1', version: '1.0.0', note: '' };
  await expect(rollBack(late)).rejects.toThrow(
    '"canary" of wdbc does not give 1.0.1 to devices any more: it names 1.0.0, and a rollout of ' +
      '1.1.0. Nothing was changed.',
  );
  expect((await op.channels(prod)).channels['canary']).toHaveProperty('rollout');

  expect(await ask(asked)).toEqual({
    status: 200,
    body: { channel: 'canary', version: '1.0.0', changed: true },
  });
  const again = { ...late, from: '1.1.0' };
  expect(await rollBack(again)).toEqual({ changed: false, version: '1.0.0' });
  expect(await op.channels(prod)).toMatchObject({
    channels: { canary: { version: '1.0.0', takenBack: ['1.1.0'] } },
    note: `alert ${alert.id}, by Ada: half of the sessions fail`,
  });
  const { history } = await get<AlertAnswer>(path);
  expect(history.findLast(({ kind }) => kind === 'rolled-back')?.text).toBe(
    'Ada rolled canary back to 1.0.0: half of the sessions fail',
  );
  const { entries } = await get<AuditAnswer>('v1/audit');
  expect(entries.find(({ action }) => action === 'rollback')).toMatchObject({
    actor: 'operator',
    model: 'wdbc',
    version: '1.1.0',
    summary: `Ada rolled canary back to 1.0.0, for the alert ${alert.id}: half of the sessions fail`,
  });
});

test('a rollback that the registry refuses changes nothing and says why', async () => {
  const prod = await op.registry('broken');
  const keys = await openKeyFolder(op.at('keys'), process.env['PERIGEE_KEY_PASSPHRASE']!);
  const rollBack = rollBackWith({ to: op.at('no such registry'), keys });
  const { collector, alert } = await badRollout(prod, { adminKey: ADMIN_KEY, rollBack });
  const response = await fetch(new URL(`v1/alerts/${alert.id}/rollback`, collector.url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...AUTHORISED },
    body: JSON.stringify({ name: 'Ada', channel: 'canary' }),
  });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({
    error: {
      code: 'ROLLBACK_FAILED',
      message: expect.stringContaining('"canary" was not rolled back to 1.0.0: '),
    },
  });
  expect((await op.channels(prod)).channels['canary']).toHaveProperty('rollout');
});
