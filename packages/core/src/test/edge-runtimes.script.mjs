// Run by edge-runtimes.test.ts in Deno and Bun: one prediction, and an error across the worker's
// boundary.
import process from 'node:process';
import { loadModel } from 'perigee';

const [model, backend] = process.argv.slice(2);
const loaded = await loadModel(model, { backend });
const { outputs } = await loaded.predict(Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)));
const code = await loaded.predict(new Float32Array(29)).then(
  () => null,
  (error) => error.code,
);
console.log(JSON.stringify({ backend: loaded.backend, values: [...outputs.logits.data], code }));
await loaded.dispose();
