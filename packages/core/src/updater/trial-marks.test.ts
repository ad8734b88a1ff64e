import { expect, test } from 'vitest';
import { PerigeeError } from '../error.ts';
import { createMemoryStore } from '../store/memory.ts';
import { memoryOverflow } from '../store/memory-overflow.ts';
import { record, target } from '../store/store.fixture.ts';
import type { ModelStore } from '../store/store.ts';
import { activate } from './activation.ts';
import { install, PARTS } from './install.fixture.ts';
import { moveToMemory } from './install-in-memory.ts';
import { createRegistry, serve } from './registry.fixture.ts';
import { beginTrial, endAllTrials, endTrial, isOnTrial } from './trial-marks.ts';

const TRIAL = target('1.0.0');

const stored = (store: ModelStore) => store.getVersion('digits', '1.0.0', 'fp32');

/** The store, with work that runs before a lease is written. */
const beforeLease = (store: ModelStore, work: () => Promise<void>): ModelStore => ({
  ...store,
  async putValue(key, value) {
    if (key.startsWith('lease:')) await work();
    return store.putValue(key, value);
  },
});

async function published() {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  return serve(registry);
}

test('an install keeps the end of a trial and the flip of another tab', async () => {
  const { url } = await published();
  const store = createMemoryStore();
  const candidate = await install(store, url);
  await beginTrial(store, candidate);
  let isOver = false;
  // The other tab goes on after this one has read what is stored.
  const late = beforeLease(store, async () => {
    if (isOver) return;
    isOver = true;
    await endTrial(store, candidate);
    await activate(store, candidate);
  });
  await install(late, url);
  expect(isOver).toBe(true);
  expect(await stored(store)).toMatchObject({ state: 'active', attempts: 0 });
});

test('an install keeps the trial that another tab begins', async () => {
  const { url } = await published();
  const store = createMemoryStore();
  await install(store, url);
  let begun = 0;
  const late = beforeLease(store, async () => {
    begun += 1;
    await store.addAttempts('digits', '1.0.0', 'fp32', 1);
  });
  await install(late, url);
  expect(begun).toBeGreaterThan(0);
  expect(await stored(store)).toMatchObject({ state: 'verified', attempts: begun });
});

test.each([0, 1])(
  'a trial that is left before it is counted changes no count: %i of another tab',
  async (others) => {
    const store = createMemoryStore();
    await store.putVersion({ ...record('1.0.0'), attempts: others });
    const left = beforeLease(store, () => endAllTrials(store));
    expect(await beginTrial(left, TRIAL)).toBe(0);
    expect((await stored(store))?.attempts).toBe(others);
    await expect.poll(() => isOnTrial(TRIAL)).toBe(false);
  },
);

test('a trial that is left while it is counted takes its count back', async () => {
  const store = createMemoryStore();
  await store.putVersion(record('1.0.0'));
  let left: Promise<void> | undefined;
  const slow: ModelStore = {
    ...store,
    async addAttempts(model, version, variant, by) {
      await Promise.resolve();
      if (by === 1) left = endAllTrials(slow);
      await new Promise((resolve) => setTimeout(resolve, by === 1 ? 5 : 0));
      return store.addAttempts(model, version, variant, by);
    },
  };
  await beginTrial(slow, TRIAL);
  await left;
  expect((await stored(store))?.attempts).toBe(0);
  await expect.poll(() => isOnTrial(TRIAL)).toBe(false);
});

test('a version that moves to memory keeps the end of a trial meanwhile', async () => {
  const { url } = await published();
  const store = createMemoryStore();
  const candidate = await install(store, url);
  const overflow = memoryOverflow(store);
  const { combined } = overflow;
  await beginTrial(combined, candidate);
  const cause = new PerigeeError('QUOTA', 'There is no room.');
  await moveToMemory(overflow, candidate, () => endTrial(combined, candidate), cause);
  expect(await stored(combined)).toMatchObject({ attempts: 0, isInMemory: true });
});
