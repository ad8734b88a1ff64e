import 'fake-indexeddb/auto';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Mock } from 'vitest';
import { engineTable } from '../engines/load-engine.ts';
import type { InferenceApi, OpenSource } from '../rpc/inference-api.ts';
import { createIndexedDbStore } from '../store/indexeddb.ts';
import { openStore } from '../store/open-store.ts';
import { activate } from '../updater/activation.ts';
import { install } from '../updater/install.fixture.ts';
import { createRegistry, noise, serve } from '../updater/registry.fixture.ts';
import { WASM_OPTIONS } from './open-options.fixture.ts';
import { createPredictor } from './predictor.ts';

vi.mock('../store/open-store.ts', () => ({ openStore: vi.fn<typeof openStore>() }));

const SOURCE = {
  kind: 'stored',
  model: 'digits',
  version: '1.0.0',
  variant: 'fp32',
  engine: 'onnx',
} as const;
const ENGINES = engineTable([
  {
    name: 'onnx',
    entry: /\.onnx$/,
    backends: ['wasm'],
    readsParts: ['wasm'],
    load: () => Promise.reject(new Error('no runtime')),
  },
]);

/** A predictor that reads a large version early, and the function that closes its file. */
async function readingEarly(
  name: string,
): Promise<{ predictor: InferenceApi; close: Mock<() => void> }> {
  const registry = createRegistry();
  const parts = Array.from({ length: 9 }, (_, i) => noise(i, 1024 * 1024));
  await registry.publish({ version: '1.0.0', parts });
  const { url } = await serve(registry);
  const store = createIndexedDbStore(name, async () => 'blob');
  onTestFinished(() => store.close());
  await activate(store, await install(store, url));
  const close = vi.fn<() => void>();
  vi.mocked(openStore).mockResolvedValue({
    ...store,
    async openFile(file, chunks) {
      const opened = await store.openFile(file, chunks);
      return opened && { ...opened, close: () => (close(), opened.close()) };
    },
  });
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => (port1.close(), port2.close()));
  const predictor = createPredictor(ENGINES, port1);
  await predictor.attach({ kind: 'indexeddb', name }, null, null);
  const facts = { engine: 'onnx', entry: 'model.onnx', sizeBytes: 9_000_000 } as const;
  await predictor.prepare({ ...facts, source: SOURCE }, WASM_OPTIONS);
  return { predictor, close };
}

const file: OpenSource = { kind: 'files', files: { 'other.onnx': new Blob(['other']) } };

test.each([
  ['the files are given', SOURCE, {}],
  ['another model is opened', file, null],
] as const)('an early read that is not used is closed: %s', async (title, source, files) => {
  const { predictor, close } = await readingEarly(`early-unused ${title}`);
  await expect(predictor.open(source, WASM_OPTIONS, null, files, null)).rejects.toThrow(
    'no runtime',
  );
  await expect.poll(() => close.mock.calls.length).toBe(1);
  await predictor.close();
});

test('an early read is closed with its worker', async () => {
  const { predictor, close } = await readingEarly('early-and-closed');
  await predictor.close();
  await expect.poll(() => close.mock.calls.length).toBe(1);
});
