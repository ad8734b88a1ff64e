import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../telemetry/telemetry.fixture.ts';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const PRELOAD = new URL('clock-ahead.preload.mjs', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('clock-ahead.script.mjs', import.meta.url));
const run = promisify(execFile);

/** A device with a registry that has "sum" 1.0.0, and a collector. */
async function device() {
  const registry = createRegistry();
  const publish = (version: string) => registry.publish({ name: 'sum', version, ...sumModel(2) });
  await publish('1.0.0');
  const { url } = await serve(registry);
  const collector = await startCollector();
  const folder = await mkdtemp(join(tmpdir(), 'perigee-clock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const start = async (days: number, work: 'consent' | 'send' | 'load'): Promise<unknown> => {
    const env = {
      ...process.env,
      NODE_OPTIONS: `--import=${PRELOAD}`,
      CLOCK_AHEAD_DAYS: String(days),
    };
    const { stdout } = await run(process.execPath, [SCRIPT, url, folder, collector.url, work], {
      env,
    });
    return JSON.parse(stdout);
  };
  return { registry, publish, collector, start };
}

test('consent given while the clock was ahead covers counts after the clock was set right', async () => {
  const { collector, start } = await device();
  await start(20, 'consent');
  await start(0, 'send');
  // The prediction of the first start was in the store.
  expect(collector.counted()).toBe(2);
});

test('metadata does not expire early because the clock was ahead once', async () => {
  const { registry, publish, start } = await device();
  expect(await start(20, 'load')).toEqual({ version: '1.0.0', stale: [] });
  // The metadata is valid now, but not 20 days from now.
  registry.expiry = { root: 365, targets: 90, channels: 7, snapshot: 7, timestamp: 7 };
  await publish('1.1.0');
  expect(await start(0, 'load')).toEqual({ version: '1.1.0', stale: [] });
});
