import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Threads from 'node:worker_threads';
import { createPerigee } from 'perigee';
import type { Perigee, PerigeeConfig } from 'perigee';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { loopModel, sumModel } from './working-model.fixture.ts';
import type { WorkingModel } from './working-model.fixture.ts';

/** Tests when a start counts as failed, with real workers and processes, some of which die. */

const LOCAL = { update: 'local', backend: 'cpu' } as const;
/** Options for the model with a Loop, which the instant engine does not support. */
const WASM = { ...LOCAL, backend: 'wasm' } as const;
const SCRIPT = fileURLToPath(new URL('starts.script.mjs', import.meta.url));
const ONES = {
  x0: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4).fill(1) },
} as const;

/** Ends the inference workers that start from now on, and those that run. */
let isDeadly = false;
const living = new Set<Threads.Worker>();
const threads = createRequire(import.meta.url)('node:worker_threads') as {
  Worker: typeof Threads.Worker;
};
const { Worker: Original } = threads;
beforeAll(() => {
  threads.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Original>) {
      super(...args);
      if (!String(args[0]).endsWith('/inference-worker.js')) return;
      living.add(this);
      this.once('exit', () => living.delete(this));
      if (isDeadly) void this.terminate();
    }
  };
  syncBuiltinESMExports();
});
afterAll(() => {
  threads.Worker = Original;
  syncBuiltinESMExports();
});

interface Device {
  readonly config: PerigeeConfig;
  readonly registry: RegistryFixture;
  client(): Perigee;
}

/** A device that has 1.0.0 of these models, and 1.1.0, which is on probation. */
async function device(models: Readonly<Record<string, WorkingModel>>): Promise<Device> {
  isDeadly = false;
  const registry = createRegistry();
  const host = await serve(registry);
  const folder = await mkdtemp(join(tmpdir(), 'perigee-starts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = { registry: host.url, store: { folder } };
  const client = (): Perigee => {
    const perigee = createPerigee(config);
    onTestFinished(() => perigee.dispose());
    return perigee;
  };
  const first = client();
  for (const version of ['1.0.0', '1.1.0']) {
    for (const [name, model] of Object.entries(models)) {
      await registry.publish({ name, version, ...model });
      expect(
        (await first.load(name, { ...(name === 'loop' ? WASM : LOCAL), update: 'latest' })).version,
      ).toBe(version);
    }
  }
  await first.dispose();
  return { config, registry, client };
}

async function versionsOf(perigee: Perigee): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await perigee.storage.report()).models.map(({ name, version, state }) => [
      `${name}@${version}`,
      state,
    ]),
  );
}

test('load and dispose, loads beside each other and polled updates roll no version back', async () => {
  const { client } = await device({ sum: sumModel(2) });
  for (let start = 0; start < 3; start += 1) {
    const perigee = client();
    expect((await perigee.load('sum', LOCAL)).version).toBe('1.1.0');
    await perigee.dispose();
  }
  const page = client();
  const loaded = await Promise.all([0, 1, 2].map(() => page.load('sum', LOCAL)));
  expect(loaded.map(({ version }) => version)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
  for (let look = 0; look < 4; look += 1) expect(await loaded[0]!.update()).toBe('1.1.0');
  for (let mount = 0; mount < 3; mount += 1) await (await page.load('sum', LOCAL)).dispose();
  expect(await versionsOf(page)).toEqual({ 'sum@1.0.0': 'previous', 'sum@1.1.0': 'active' });
});

test('a version whose worker dies twice while opening is rolled back, then refused for a day', async () => {
  const { client } = await device({ sum: sumModel(2) });
  for (let start = 0; start < 2; start += 1) {
    isDeadly = true;
    await expect(client().load('sum', LOCAL)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
  }
  isDeadly = false;
  const perigee = client();
  const model = await perigee.load('sum', LOCAL);
  expect([model.version, ((await model.run(ONES))['y0']!.data as Float32Array)[0]]).toEqual([
    '1.0.0',
    8,
  ]);
  expect(await versionsOf(perigee)).toEqual({ 'sum@1.0.0': 'active', 'sum@1.1.0': 'bad' });
  await expect(model.update()).rejects.toMatchObject({
    code: 'GOLDEN_MISMATCH',
    message: expect.stringMatching(/not tried until .*2 starts in a row/) as string,
    details: { retryAtMs: expect.any(Number) as number },
  });
});

test('a version whose worker dies at the first prediction, twice, is rolled back', async () => {
  const { client } = await device({ sum: sumModel(2) });
  for (let start = 0; start < 2; start += 1) {
    const model = await client().load('sum', LOCAL);
    expect(model.version).toBe('1.1.0');
    isDeadly = true;
    for (const worker of living) void worker.terminate();
    await expect(model.run(ONES)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    isDeadly = false;
  }
  expect((await client().load('sum', LOCAL)).version).toBe('1.0.0');
});

/** Runs `starts.script.mjs` to its end. */
async function run(
  { config }: Device,
  ...steps: readonly string[]
): Promise<{ signal: string | null; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, JSON.stringify(config), ...steps], (error, out) =>
      resolve({ signal: error?.signal ?? null, out: out.trim() }),
    );
  });
}

test('jobs that predict and dispose, or exit in the middle of the first prediction, roll no version back', async () => {
  const here = await device({ sum: sumModel(2), loop: await loopModel() });
  for (let start = 0; start < 2; start += 1) {
    expect(await run(here, 'predict-and-dispose', 'exit-in-first-prediction')).toEqual({
      signal: null,
      out: '1.1.0 1.1.0',
    });
  }
  const perigee = here.client();
  expect([
    (await perigee.load('sum', LOCAL)).version,
    (await perigee.load('loop', WASM)).version,
  ]).toEqual(['1.1.0', '1.1.0']);
  expect(await versionsOf(perigee)).toEqual({
    'sum@1.0.0': 'previous',
    'sum@1.1.0': 'active',
    'loop@1.0.0': 'previous',
    'loop@1.1.0': 'active',
  });
  // Every answer of both jobs was counted: twenty confirm a version.
  const { entries } = await perigee.audit();
  expect(entries.filter(({ event }) => event === 'confirm')).toMatchObject([
    { model: 'sum', version: '1.1.0' },
  ]);
});

test('a version on which two processes die, one opening and one predicting, is rolled back', async () => {
  const here = await device({ loop: await loopModel() });
  expect(await run(here, 'die-in-opening')).toMatchObject({ signal: 'SIGKILL' });
  expect(await run(here, 'die-in-first-prediction')).toEqual({ signal: 'SIGKILL', out: '1.1.0' });
  const perigee = here.client();
  expect((await perigee.load('loop', WASM)).version).toBe('1.0.0');
  expect(await versionsOf(perigee)).toEqual({ 'loop@1.0.0': 'active', 'loop@1.1.0': 'bad' });
});

test('processes that are asked to end by SIGTERM while they start roll no version back', async () => {
  const here = await device({ loop: await loopModel() });
  for (let start = 0; start < 2; start += 1) {
    expect(await run(here, 'be-asked-to-end-in-opening')).toEqual({ signal: 'SIGTERM', out: '' });
    expect(await run(here, 'be-asked-to-end-in-first-prediction')).toEqual({
      signal: 'SIGTERM',
      out: '1.1.0',
    });
  }
  const perigee = here.client();
  expect((await perigee.load('loop', WASM)).version).toBe('1.1.0');
  expect(await versionsOf(perigee)).toEqual({ 'loop@1.0.0': 'previous', 'loop@1.1.0': 'active' });
});

test('a handler of the app, or of a library, still decides how a signal ends the process', async () => {
  const here = await device({ loop: await loopModel() });
  expect(await run(here, 'be-asked-beside-a-handler')).toEqual({ signal: 'SIGTERM', out: '' });
});
