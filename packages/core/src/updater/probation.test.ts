import { CONFIRM_ANSWERS } from '@perigee/registry/probation';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PerigeeError } from '../error.ts';
import { rollBack, startLocal } from './activation.ts';
import { auditEntries } from './audit.ts';
import { device, leaving, next, REF } from './device.fixture.ts';
import type { Device } from './device.fixture.ts';
import { countFailedStart, recordAnswers } from './probation.ts';
import type { ProbationVerdict } from './probation.ts';
import { createStarts } from './starts.ts';

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
