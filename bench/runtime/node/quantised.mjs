// node quantised.mjs <file> <rounds>: native runs with and without exact integer kernels. Prints
// JSON.
import { readFile } from 'node:fs/promises';
import * as native from 'onnxruntime-node';
import { loadModel } from 'perigee';
import { seededRandom } from '@perigee/profile/analysis';
import { quantile } from '../../report/format.mjs';

const [path, rounds] = process.argv.slice(2);
const bytes = new Uint8Array(await readFile(path));
/** @type {native.InferenceSession.SessionOptions} */
const options = { intraOpNumThreads: 1, logSeverityLevel: 4 };
/** @type {native.InferenceSession.SessionOptions} */
const exact = { ...options, extra: { session: { x64quantprecision: '1' } } };
const sessions = {
  without: await native.InferenceSession.create(bytes, options),
  withIt: await native.InferenceSession.create(bytes, exact),
};
const [input] = sessions.without.inputMetadata;
const [output] = sessions.without.outputNames;
if (!input.isTensor) throw new Error('The input is not a tensor.');
const { name, type } = input;
const shape = input.shape.map((size) => (typeof size === 'number' ? size : 32));
const length = shape.reduce((product, size) => product * size, 1);
const next = seededRandom(7);
const data =
  type === 'uint8'
    ? Uint8Array.from({ length }, () => next() * 256)
    : Float32Array.from({ length }, () => next() * 8 - 4);
const feeds = { [name]: new native.Tensor(data, shape) };

const model = await loadModel(path, { backend: 'wasm' });
/** @type {import('perigee').Tensor} */
const tensor = { dtype: type === 'uint8' ? 'uint8' : 'float32', shape, data };
const wanted = Array.from((await model.run({ [name]: tensor }))[output].data, Number);
await model.dispose();
const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** @typedef {'without' | 'withIt'} Way */
/** @type {Record<Way, number[]>} */
const times = { without: [], withIt: [] };
/** @type {readonly Way[]} */
const ways = ['without', 'withIt'];
for (let round = 0; round < Number(rounds); round += 1) {
  for (const side of round % 2 ? ways : ways.toReversed()) {
    const start = performance.now();
    await sessions[side].run(feeds);
    times[side].push(performance.now() - start);
  }
}
/** @type {Partial<Record<Way, { p50: number, error: number }>>} */
const result = {};
for (const side of ways) {
  const got = Array.from((await sessions[side].run(feeds))[output].data, Number);
  const off = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
  result[side] = { p50: quantile(times[side], 0.5), error: off / largest };
}
process.stdout.write(JSON.stringify(result), () => process.exit());
