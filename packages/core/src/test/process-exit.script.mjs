// Run by process-exit.test.ts: work that ends without dispose(). The process must end by itself.
import process from 'node:process';
import { createPerigee, loadModel } from 'perigee';

const [registry, folder, file, small] = process.argv.slice(2);
const request = { fetch: (url, init) => fetch(url, init) };
const x0 = { dtype: 'float32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };

const stored = createPerigee({
  registry,
  store: { folder },
  request,
  telemetry: { url: registry },
});
const models = [
  await loadModel('sum', { registry }),
  await stored.load('sum', { idleReleaseMs: 3_600_000, onProgress: () => undefined }),
  await loadModel(file, { backend: 'wasm', threads: 1, request }),
  await loadModel(small, { request }),
];
if (!models.at(-1)?.inPlace) throw new Error('The last model does not run in this thread.');
const answers = [];
for (const model of models) answers.push(...(await model.run({ x0 })).y0.data);
console.log(JSON.stringify(answers));
