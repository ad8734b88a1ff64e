import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

const LOOP = fileURLToPath(new URL('../../../e2e/models/loop.onnx', import.meta.url));
const rounds = (count: number) => ({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(0) }, rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) } }) as const;

test('a run that does not end is given up at its timeout, also while an older background call waits', async () => {
  const model = await loadModel(LOOP, { backend: 'wasm', threads: 1 });
  onTestFinished(() => model.dispose());
  const waiting = model.run(rounds(3), { priority: 'background' });
  const hung = model.run(rounds(2_000_000_000), { timeoutMs: 100 });
  await expect(hung).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect([...((await waiting)['y']!.data as Float32Array)]).toEqual([3]);
});
