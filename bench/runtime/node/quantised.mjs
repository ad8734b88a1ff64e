// node quantised.mjs <file> <rounds>: native runs with and without exact integer kernels. Prints
// JSON.
import { readFile } from 'node:fs/promises';
import * as native from 'onnxruntime-node';
import { loadModel } from 'perigee';
import { seededRandom } from '@perigee/profile/analysis';
import { quantile } from '../../report/format.mjs';

const [path, rounds] = process.argv.slice(2);
const bytes = new Uint8Array(await readFile(path));
const options = { intraOpNumThreads: 1, logSeverityLevel: 4 };
const exact = { ...options, extra: { session: { x64quantprecision: '1' } } };
const sessions = {
  without: await native.InferenceSession.create(bytes, options),
  withIt: await native.InferenceSession.create(bytes, exact),
};
const [input] = sessions.without.inputMetadata;
const [output] = sessions.without.outputNames;
const shape = input.shape.map((size) => (typeof size === 'number' ? size : 32));
const length = shape.reduce((product, size) => product * size, 1);
const next = seededRandom(7);
const data =
  input.type === 'uint8'
    ? Uint8Array.from({ length }, () => next() * 256)
    : Float32Array.from({ length }, () => next() * 8 - 4);
const feeds = { [input.name]: new native.Tensor(input.type, data, shape) };

const model = await loadModel(path, { backend: 'wasm' });
const { data: wanted } = (await model.run({ [input.name]: { dtype: input.type, shape, data } }))[
  output
];
await model.dispose();
const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const times = { without: [], withIt: [] };
for (let round = 0; round < Number(rounds); round += 1) {
  for (const side of round % 2 ? ['without', 'withIt'] : ['withIt', 'without']) {
    const start = performance.now();
    await sessions[side].run(feeds);
    times[side].push(performance.now() - start);
  }
}
const result = {};
for (const side of ['without', 'withIt']) {
  const { data: got } = (await sessions[side].run(feeds))[output];
  const off = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
  result[side] = { p50: quantile(times[side], 0.5), error: off / largest };
}
process.stdout.write(JSON.stringify(result), () => process.exit());
