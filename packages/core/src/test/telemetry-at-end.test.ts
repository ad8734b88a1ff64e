import { createPerigee } from 'perigee';
import type { TelemetryConfig } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../telemetry/telemetry.fixture.ts';
import { watchThreads } from './threads.fixture.ts';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

/**
 * Less than the time limit of an upload, so that a test fails if the process does not end by
 * itself.
 */
const LIMIT = { timeout: 25_000 };
const ROW = [[1, 1, 1, 1]];

async function counting(options: Partial<TelemetryConfig> = {}) {
  const registry = createRegistry();
  await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2) });
  const { url } = await serve(registry);
  const collector = await startCollector();
  const perigee = createPerigee({ registry: url, telemetry: { url: collector.url, ...options } });
  onTestFinished(() => perigee.dispose());
  return { perigee, collector, load: () => perigee.load('sum', { update: 'local' }) };
}

test('dispose() sends counts that are only in memory', LIMIT, async () => {
  const { perigee, collector, load } = await counting();
  const [first, second] = [await load(), await load()];
  for (const model of [first, second, second]) await model.predict(ROW);
  await first.dispose();
  await perigee.dispose();
  expect(collector.counted()).toBe(3);
});

test('dispose() does not wait for a collector that does not answer', LIMIT, async () => {
  const { perigee, collector, load } = await counting();
  const threads = watchThreads();
  await (await load()).predict(ROW);
  collector.answers.push('hang');
  await perigee.dispose();
  expect(collector.requests).toHaveLength(1);
  expect(await threads.ended()).toBe(2);
});

test(
  'under local privacy one observation leaves on a day, however often consent is withdrawn',
  LIMIT,
  async () => {
    const { perigee, collector, load } = await counting({ localPrivacy: { epsilon: 2 } });
    const model = await load();
    for (let i = 0; i < 3; i += 1) {
      await perigee.telemetry.setConsent(true);
      await model.predict(ROW);
      await perigee.telemetry.flush();
      await perigee.telemetry.setConsent(false);
    }
    expect(collector.counted()).toBe(1);
  },
);
