import { expect, onTestFinished, test, vi } from 'vitest';
import type { PerigeeError } from '../error.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { activate, reject, rollBack, startLocal } from './activation.ts';
import { audit, auditEntries, brokenAt } from './audit.ts';
import { installVersion } from './install.ts';
import { pin } from './policy.ts';
import { CONFIRM_ANSWERS, countFailedStart, recordAnswers } from './probation.ts';
import type { ProbationVerdict } from './probation.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import type { RegistryFixture } from './registry.fixture.ts';
import { createRegistryClient } from './registry-client.ts';
import type { RegistryClient } from './registry-client.ts';
import { createStarts } from './starts.ts';

const REF = 'digits@stable';

interface Device {
  readonly store: ModelStore;
  readonly registry: RegistryFixture;
  readonly client: RegistryClient;
  install(ref?: string): Promise<string>;
  installAndActivate(ref?: string): Promise<string>;
}

async function device(): Promise<Device> {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const client = createRegistryClient(store, {
    bases: [url],
    trustedRoot: null,
    installId: 'device-0001',
  });
  const install = async (ref = 'digits') =>
    (
      await installVersion(store, client, ref, {
        signal: new AbortController().signal,
        backends: ['cpu', 'wasm'],
        onProgress: () => undefined,
      })
    ).candidate;
  return {
    store,
    registry,
    client,
    install: async (ref) => (await install(ref)).version,
    async installAndActivate(ref) {
      const candidate = await install(ref);
      await activate(store, candidate);
      return candidate.version;
    },
  };
}

/** Reports answers of the active version, each of which took `ms`. */
async function answered(
  { store }: Device,
  answers: number,
  ms: number | null = null,
  backend = 'wasm',
): Promise<ProbationVerdict> {
  return recordAnswers(store, (await store.getPointer(REF))!, {
    answers,
    latencies: { backend, samplesMs: ms === null ? [] : Array.from({ length: answers }, () => ms) },
  });
}

const leaving = (reason: string) => ({ reason, by: 'rollback', registry: null }) as const;

const next = ({ registry }: Device, version = '1.1.0') =>
  registry.publish({ version, parts: [noise(1), noise(2)] });

test('the first version has no probation; the next one has, until it gave enough answers', async () => {
  const here = await device();
  await here.installAndActivate();
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.0.0', onProbation: false });
  await next(here);
  await here.installAndActivate();
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.1.0', onProbation: true });
  expect(await answered(here, CONFIRM_ANSWERS - 1)).toMatchObject({
    onProbation: true,
    done: false,
  });
  expect(await answered(here, 1)).toMatchObject({
    onProbation: false,
    confirmedBy: CONFIRM_ANSWERS,
  });
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.1.0', onProbation: false });
});

/** Counts a start whose worker was seen to end while it opened the version. */
async function failedStart({ store }: Device, version = '1.1.0'): Promise<void> {
  expect((await startLocal(store, REF))?.version).toBe(version);
  const starts = createStarts();
  const token = await starts.begin(store, REF, { version, variant: 'fp32' }, 'page');
  const ended = await starts.end(store, token, true);
  await countFailedStart(store, ended!);
}

test('after two failed starts in a row a version is set aside, each time for twice as long', async () => {
  onTestFinished(() => void vi.useRealTimers());
  const here = await device();
  await here.installAndActivate();
  await next(here);
  for (const days of [1, 2]) {
    await here.installAndActivate();
    await failedStart(here);
    // After an answer in between, failed starts are no longer in a row.
    await answered(here, 1);
    await failedStart(here);
    await failedStart(here);
    expect(await startLocal(here.store, REF)).toMatchObject({
      version: '1.0.0',
      onProbation: false,
    });
    expect(await here.store.getVersion('digits', '1.1.0', 'fp32')).toMatchObject({
      state: 'bad',
      reason: expect.stringContaining('2 starts in a row') as string,
    });
    const left = Date.now();
    const refused = await here.install().catch((error: unknown) => error as PerigeeError);
    const retryAtMs = (refused as PerigeeError).details['retryAtMs'] as number;
    expect([(refused as PerigeeError).code, Math.round((retryAtMs - left) / 3_600_000)]).toEqual([
      'GOLDEN_MISMATCH',
      days * 24,
    ]);
    vi.useFakeTimers({ toFake: ['Date'], now: retryAtMs });
  }
  expect(await here.installAndActivate()).toBe('1.1.0');
});

test('asking which version answers counts nothing', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  for (let start = 0; start < 6; start += 1)
    expect((await startLocal(here.store, REF))?.version).toBe('1.1.0');
});

async function withUpdate(firstMs: number, backend = 'wasm'): Promise<Device> {
  const here = await device();
  await here.installAndActivate();
  expect(await answered(here, CONFIRM_ANSWERS - 1, firstMs, backend)).toMatchObject({
    onProbation: false,
    done: false,
  });
  expect(await answered(here, 1, firstMs, backend)).toMatchObject({ done: true });
  await next(here);
  await here.installAndActivate();
  return here;
}

test('a version on probation is compared with the previous one, and its record says that it was slow', async () => {
  const here = await withUpdate(40);
  expect(await answered(here, CONFIRM_ANSWERS - 1, 130)).toMatchObject({
    onProbation: true,
    slow: null,
  });
  const { slow, onProbation } = await answered(here, 1, 130);
  expect([slow, onProbation]).toEqual([
    'slow: a prediction takes 130 ms on wasm (median of 20); with the previous version it took 40 ms',
    true,
  ]);
  expect(await rollBack(here.store, REF, leaving(slow!))).toMatchObject({ version: '1.0.0' });
  expect(await here.store.getVersion('digits', '1.1.0', 'fp32')).toMatchObject({
    state: 'bad',
    reason: expect.stringMatching(/^slow: /) as string,
  });
  expect((await auditEntries(here.store)).at(-1)).toMatchObject({
    event: 'rollback',
    version: '1.0.0',
    reason: expect.stringContaining('1.1.0: slow: ') as string,
  });
  await expect(here.install()).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH' });
  // The latency baseline of the previous version is still stored, for the next one.
  await next(here, '1.2.0');
  await here.installAndActivate();
  expect((await answered(here, CONFIRM_ANSWERS, 500)).slow).toContain('took 40 ms');
});

test.each([
  ['not three times as slow', 100, 290, 'wasm'],
  ['many times as slow, but by little', 1, 45, 'wasm'],
  ['slow on another backend', 10, 900, 'webgpu'],
])(
  'a version that is %s is confirmed, and the next one is compared with it',
  async (_what, before, ms, backend) => {
    const here = await withUpdate(before);
    expect(await answered(here, CONFIRM_ANSWERS, ms, backend)).toMatchObject({
      slow: null,
      onProbation: false,
      done: true,
    });
    await next(here, '1.2.0');
    await here.installAndActivate();
    expect((await answered(here, CONFIRM_ANSWERS, ms * 3 + 60, backend)).slow).toContain(
      `the previous version it took ${ms} ms`,
    );
  },
);

test('a few slow answers among quick ones do not roll a version back', async () => {
  const here = await withUpdate(40);
  await answered(here, 9, 2_000);
  expect(await answered(here, 11, 45)).toMatchObject({ slow: null, confirmedBy: 20 });
});

test('confirmation waits for latencies that can be compared, up to a number of answers', async () => {
  const here = await withUpdate(40);
  await answered(here, 1, 45);
  // These answers were batched, so they give no latencies.
  expect(await answered(here, 2 * CONFIRM_ANSWERS)).toMatchObject({ onProbation: true });
  expect(await answered(here, CONFIRM_ANSWERS)).toMatchObject({ onProbation: false });
});

test('the latency baseline of a version is written a few times, then never again', async () => {
  const here = await withUpdate(40);
  await answered(here, CONFIRM_ANSWERS, 41);
  const before = JSON.stringify(await here.store.getValue(`pace:${REF}`));
  expect(await answered(here, 5, 900)).toMatchObject({ done: true, slow: null });
  expect(JSON.stringify(await here.store.getValue(`pace:${REF}`))).toBe(before);
});

test('latencies that version 0.1.0 stored, as "pace", are compared and go on', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  const latencies = (ms: number, count: number) => ({
    backend: 'wasm',
    samplesMs: Array.from({ length: count }, () => ms),
  });
  const first = { version: '1.0.0', variant: 'fp32', ...latencies(40, 20) };
  await here.store.putValue(`pace:${REF}`, first);
  const probation = (await here.store.getValue(`probation:${REF}`)) as object;
  await here.store.putValue(`probation:${REF}`, { ...probation, pace: latencies(130, 19) });
  expect((await answered(here, 1, 130)).slow).toContain('takes 130 ms on wasm (median of 20)');
});

test('a rollback is a flip with its reason in the log, and the first version cannot be rolled back', async () => {
  const here = await device();
  await here.installAndActivate();
  expect(await rollBack(here.store, REF, leaving('too slow'))).toBeUndefined();
  await next(here);
  await here.installAndActivate();
  expect(await rollBack(here.store, REF, leaving('too slow'))).toMatchObject({ version: '1.0.0' });
  expect(await here.store.getPointer(REF)).toMatchObject({
    active: { version: '1.0.0' },
    epoch: 3,
  });
  expect(
    (await auditEntries(here.store)).map(({ event, version, reason }) => [event, version, reason]),
  ).toEqual([
    ['activate', '1.0.0', 'channel stable'],
    ['activate', '1.1.0', 'channel stable'],
    ['rollback', '1.0.0', '1.1.0: too slow'],
  ]);
});

test('a variant is marked when a page ended twice in its trial', async () => {
  const here = await device();
  await here.install();
  const record = (await here.store.getVersion('digits', '1.0.0', 'fp32'))!;
  await here.store.putVersion({ ...record, attempts: 1 });
  expect(await here.install()).toBe('1.0.0');
  await here.store.putVersion({ ...record, attempts: 2 });
  await expect(here.install()).rejects.toMatchObject({
    code: 'GOLDEN_MISMATCH',
    message: expect.stringContaining('ended 2 times') as string,
  });
});

test('a rejected version is not tried again, and says why', async () => {
  const here = await device();
  await here.install();
  await reject(
    here.store,
    { model: 'digits', version: '1.0.0', variant: 'fp32' },
    'wrong numbers on wasm',
  );
  await expect(here.install()).rejects.toMatchObject({
    message: expect.stringContaining('wrong numbers on wasm') as string,
  });
});

test('after a revocation the previous version answers from the next start on, also without network', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  await here.registry.edit('digits', (file) => ({
    ...file,
    channels: { stable: { version: '1.0.0' } },
    revoked: [{ version: '1.1.0', reason: 'takes 1 for 7' }],
  }));
  expect((await here.client.resolve('digits')).version).toBe('1.0.0');
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
  expect((await auditEntries(here.store)).at(-1)).toMatchObject({
    event: 'policy.block',
    reason: expect.stringContaining('takes 1 for 7') as string,
  });
  await expect(here.install('digits@1.1.0')).rejects.toMatchObject({ code: 'REVOKED' });
});

test('a version below the floor does not answer, even if the device has no other', async () => {
  const here = await device();
  await here.installAndActivate();
  await here.registry.publish({ version: '2.0.0', parts: [noise(9)] });
  await here.registry.edit('digits', (file) => ({ ...file, floor: '2.0.0' }));
  await here.client.resolve('digits');
  expect(await startLocal(here.store, REF)).toBeNull();
  expect(await here.installAndActivate()).toBe('2.0.0');
});

test('a pin overrules the channel, but no revocation or floor', async () => {
  const here = await device();
  await next(here);
  const ref = { name: 'digits', selector: { kind: 'channel', channel: 'stable' } } as const;
  await pin(here.store, ref, '1.0.0');
  expect(await here.client.resolve('digits')).toMatchObject({
    version: '1.0.0',
    reason: 'pinned to 1.0.0',
  });
  await here.registry.edit('digits', (file) => ({
    ...file,
    revoked: [{ version: '1.0.0', reason: 'x' }],
  }));
  expect((await here.client.resolve('digits')).version).toBe('1.1.0');
  await pin(here.store, ref, null);
  expect((await here.client.resolve('digits')).reason).toBe('channel stable');
});

test('a rollout reaches this device when its bucket is in it, and halting it brings the device back', async () => {
  const here = await device();
  await here.installAndActivate();
  await here.registry.publish({ version: '2.0.0', parts: [noise(5)], channel: 'canary' });
  const rollout = (permyriad: number) =>
    here.registry.edit('digits', (file) => ({
      ...file,
      channels: {
        ...file.channels,
        stable: { version: '1.0.0', rollout: { version: '2.0.0', permyriad, salt: 'demo:2.0.0' } },
      },
    }));
  // device-0001 is in bucket 6088 of this salt.
  await rollout(6_088);
  expect((await here.client.resolve('digits')).version).toBe('1.0.0');
  await rollout(6_089);
  expect(await here.client.resolve('digits')).toMatchObject({ version: '2.0.0', arm: 'rollout' });
  expect(await here.installAndActivate()).toBe('2.0.0');
  await rollout(0);
  expect(await here.installAndActivate()).toBe('1.0.0');
});

test('the log is a chain: changed and missing entries are found', async () => {
  const store = createMemoryStore();
  for (const version of ['1.0.0', '1.1.0', '1.2.0'])
    await audit(store, { event: 'activate', model: 'digits', version });
  const entries = await auditEntries(store);
  expect([entries.map(({ seq }) => seq), await brokenAt(entries)]).toEqual([[1, 2, 3], null]);
  expect(
    await brokenAt(
      entries.map((entry) => (entry.seq === 2 ? { ...entry, version: '9.9.9' } : entry)),
    ),
  ).toBe(2);
  expect(await brokenAt(entries.filter(({ seq }) => seq !== 2))).toBe(3);
});

test('many events at once are all in the chain, in order', async () => {
  const store = createMemoryStore();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => audit(store, { event: 'download', reason: String(i) })),
  );
  const entries = await auditEntries(store);
  expect([entries.length, await brokenAt(entries)]).toEqual([20, null]);
});

test('expired metadata activates nothing, and the active version goes on answering', async () => {
  const here = await device();
  await here.installAndActivate();
  here.registry.expiry = { root: 365, targets: 90, channels: 90, snapshot: 90, timestamp: -1 };
  await next(here);
  await expect(here.install()).rejects.toMatchObject({
    code: 'EXPIRED',
    details: { role: 'timestamp' },
  });
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
});
