import { startCollector } from '@perigee/collector';
import type { AlertAnswer, AlertsAnswer, MarksAnswer } from '@perigee/collector';
import { createCounters, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { parseRules } from '@perigee/collector';
import { expect, onTestFinished, test } from 'vitest';
import { operator, perigee } from '../commands/operator.fixture.ts';
import { linesIn } from '../docs/commands.fixture.ts';

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

test('an alert of a bad rollout has the command that takes it back, and the command works', async () => {
  const prod = await op.registry('prod');
  for (const version of ['1.0.0', '1.1.0']) await op.pack(version);
  await op.on(prod, 'publish', 'wdbc@1.0.0', '--channel', 'canary');
  await op.on(prod, 'publish', 'wdbc@1.1.0', '--no-channel');
  const rollout = ['rollout', 'wdbc@1.1.0', '--channel', 'canary', '--note', 'try it'];
  await op.on(prod, ...rollout, '--percent', '5');
  await op.on(prod, ...rollout, '--percent', '50');
  const collector = await startCollector({
    port: 0,
    dataDir: op.at('data'),
    registry: op.at(prod),
    everyMs: 50,
    minDevices: 10,
    rules: parseRules('{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}'),
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
    (await (await fetch(new URL(path, collector.url))).json()) as T;
  const found = async () =>
    (await get<AlertsAnswer>('v1/alerts')).alerts.find(({ rule }) => rule === 'error-rate');
  await expect.poll(found).toMatchObject({ version: '1.1.0', severity: 'page' });
  const { id, headline } = (await found())!;
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

  const { commands } = answer.rollback;
  expect(commands).toEqual([
    `perigee rollback wdbc --channel canary --to ${op.at(prod)} --note "alert ${id}"`,
  ]);
  const ran = await perigee(...argsOf(commands[0]!), '--keys', op.at('keys'));
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect((await op.channels(prod)).channels['canary']).toEqual({
    version: '1.0.0',
    takenBack: ['1.1.0'],
  });

  // Channel files are read again after ten seconds.
  const after = async () => (await get<AlertAnswer>(`v1/alerts/${id}`)).rollback;
  await expect.poll(after).toEqual({
    commands: [],
    advice: 'No channel gives 1.1.0 to devices any more. Devices leave it with their next check.',
  });
  const { marks } = await get<MarksAnswer>('v1/models/wdbc/marks');
  expect(marks.findLast(({ kind }) => kind === 'rolled-back')).toMatchObject({
    version: '1.1.0',
    text: `1.1.0 was rolled back from canary, to 1.0.0 (alert ${id})`,
  });
});
