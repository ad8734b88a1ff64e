import { layout } from '@perigee/registry';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { activate } from './activation.ts';
import { collectGarbage } from './collect-garbage.ts';
import { blobsIn, install, PARTS } from './install.fixture.ts';
import { loadStored } from '../store/load-stored.ts';
import { createRegistry, serve } from './registry.fixture.ts';

/** A promise that something else resolves. */
function event() {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return { happen, happened };
}

/** A device with an unreferenced first chunk of a version, as a removed install leaves it. */
async function leftover() {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const host = await serve(registry);
  const store = createMemoryStore();
  const { sha256, encoding } = manifest.variants[0]!.chunks[0]!;
  await store.putObjects([{ sha256, bytes: PARTS[0]! }]);
  return { ...host, store, sha256, blob: layout.blob(sha256, encoding) };
}

test('an install waits for a sweep that deletes its objects, and fetches them', async () => {
  const { store, url, requests, blob } = await leftover();
  const [deleting, waiting, released] = [event(), event(), event()];
  const slow: ModelStore = {
    ...store,
    async deleteObjects(digests) {
      deleting.happen();
      await released.happened;
      await store.deleteObjects(digests);
    },
  };
  // The garbage collection of another tab, which stops before it deletes.
  const collecting = collectGarbage(slow);
  await deleting.happened;
  let isRecorded = false;
  const watched: ModelStore = {
    ...store,
    async stageVersion(record) {
      await store.stageVersion(record);
      isRecorded = true;
    },
    async getValues(prefix) {
      const values = await store.getValues(prefix);
      if (isRecorded && values.length > 0) waiting.happen();
      return values;
    },
  };
  const installing = install(watched, url);
  await Promise.race([installing, waiting.happened]);
  released.happen();
  await activate(store, await installing);
  await collecting;
  expect(blobsIn(requests)).toContain(blob);
  expect((await loadStored(store, 'digits', '1.0.0', 'fp32')).files['model.onnx']).toHaveLength(
    35_000,
  );
});

test('a sweep spares objects that an install has needed since, and they are not fetched again', async () => {
  const { store, url, requests, blob } = await leftover();
  let installed: ReturnType<typeof install> | undefined;
  let listed = 0;
  const watched: ModelStore = {
    ...store,
    async listPointers() {
      const pointers = await store.listPointers();
      // A whole install runs after the first look.
      if (listed++ === 0) await (installed = install(store, url));
      return pointers;
    },
  };
  await collectGarbage(watched);
  await activate(store, await installed!);
  expect(blobsIn(requests)).not.toContain(blob);
  expect((await loadStored(store, 'digits', '1.0.0', 'fp32')).files['model.onnx']).toHaveLength(
    35_000,
  );
});

test('a sweep whose process ended does not delay installs', async () => {
  const { store, url, sha256 } = await leftover();
  await store.putValue('sweep:dead', {
    sinceMs: 0,
    owner: { lock: 'perigee:start:gone' },
    targets: [sha256],
  });
  await install(store, url);
  expect(await store.getValues('sweep:')).toEqual([]);
});
