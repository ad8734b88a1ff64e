import 'fake-indexeddb/auto';
import { expect, onTestFinished, test } from 'vitest';
import type { ModelStore } from '../store/store.ts';
import { createIndexedDbStore } from '../store/indexeddb.ts';
import { activate } from '../updater/activation.ts';
import { install, PARTS } from '../updater/install.fixture.ts';
import { rememberPolicy } from '../updater/policy.ts';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { trialsOfActive } from './active-release.ts';

const REF = 'digits@stable';
const TRIALS = [{ backend: 'wasm', engine: 'onnx', verdict: 'passed' }] as const;
const contest = { memoryKey: 'backend:digits@1.0.0/fp32', deviceKey: 'this browser' };

/** A store in which 1.0.0 is active, and what a page asks of it. */
async function visited(name: string) {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createIndexedDbStore(name);
  onTestFinished(() => store.close());
  await activate(store, await install(store, url));
  const asked = {
    ref: REF,
    registry: { bases: [url], trustedRoot: null },
    entry: 'model.onnx',
    source: source('1.0.0'),
    contest: null,
  };
  return { store, registry, url, asked };
}

const source = (version: string) =>
  ({ kind: 'stored', model: 'digits', version, variant: 'fp32', engine: 'onnx' }) as const;

const remember = (store: ModelStore, known: object): Promise<void> =>
  store.putValue(contest.memoryKey, { gpuKey: '', trials: TRIALS, ...known });

test('a confirmed version answers: with the backend that was asked for, or that won here', async () => {
  const { store, asked } = await visited('active');
  expect(await trialsOfActive(store, asked, ['wasm'])).toEqual([]);
  expect(await trialsOfActive(store, { ...asked, contest }, ['wasm'])).toBeNull();
  await remember(store, { backend: 'wasm', deviceKey: 'this browser' });
  expect(await trialsOfActive(store, { ...asked, contest }, ['wasm'])).toEqual(TRIALS);
  expect(await trialsOfActive(store, { ...asked, contest }, ['cpu'])).toBeNull();
  await remember(store, { backend: 'wasm', deviceKey: 'the browser before its update' });
  expect(await trialsOfActive(store, { ...asked, contest }, ['wasm'])).toBeNull();
});

test('the updater decides when another version answers, or none', async () => {
  const { store, asked } = await visited('active-other');
  expect(await trialsOfActive(store, { ...asked, source: source('1.1.0') }, ['wasm'])).toBeNull();
  expect(await trialsOfActive(store, { ...asked, ref: 'digits@canary' }, ['wasm'])).toBeNull();
  expect(await trialsOfActive(store, { ...asked, ref: 'digits@^2.0.0' }, ['wasm'])).toBeNull();
});

test('the updater decides about a version on probation', async () => {
  const { store, registry, url, asked } = await visited('active-probation');
  await registry.publish({ version: '1.1.0', parts: PARTS });
  await activate(store, await install(store, url));
  expect((await store.getPointer(REF))?.active.version).toBe('1.1.0');
  const next = { ...asked, source: source('1.1.0') };
  expect(await trialsOfActive(store, next, ['wasm'])).toBeNull();
});

test('the updater decides about a version that was revoked', async () => {
  const { store, asked } = await visited('active-revoked');
  await rememberPolicy(store, asked.registry, {
    model: 'digits',
    sequence: 99,
    revoked: [{ version: '1.0.0', reason: 'wrong units' }],
  } as unknown as Parameters<typeof rememberPolicy>[2]);
  expect(await trialsOfActive(store, asked, ['wasm'])).toBeNull();
});

test('the updater decides about a version that is not whole yet', async () => {
  const { store, asked } = await visited('active-staging');
  const record = await store.getVersion('digits', '1.0.0', 'fp32');
  await store.putVersion({ ...record!, state: 'staging' });
  expect(await trialsOfActive(store, asked, ['wasm'])).toBeNull();
});
