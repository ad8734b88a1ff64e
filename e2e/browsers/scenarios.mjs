// Scenarios that every engine must pass.
import {
  broken,
  byName,
  endless,
  inOnePiece,
  left,
  predict,
  stores,
  tensorflow,
} from './in-page.mjs';

export const input = () => Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));

/**
 * @param {readonly number[]} got
 * @param {readonly number[]} expected
 */
const close = (got, expected) =>
  got.length === expected.length &&
  got.every((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-3);

/**
 * A scenario with the arguments of its function and a check of its answer. `optional`: an engine
 * may answer that it has no such backend.
 * @template {readonly unknown[]} Args
 * @template Answer
 * @param {object} options
 * @param {string} options.name
 * @param {(...args: Args) => Promise<Answer>} options.code runs in the page
 * @param {Args} options.args
 * @param {(answer: Answer, expected: import('./types.d.ts').Expected) => boolean} options.check
 * @param {boolean} [options.optional]
 * @returns {import('./types.d.ts').Scenario}
 */
function scenario({ name, code, args, check, optional = false }) {
  return {
    name,
    source: `(${code.toString()})(${args.map((value) => JSON.stringify(value)).join(', ')})`,
    optional,
    check: (answer, expected) => check(/** @type {Answer} */ (answer), expected),
  };
}

/** The scenarios in order. */
export const SCENARIOS = [
  scenario({
    name: 'ONNX on wasm, and in batches',
    code: predict,
    args: ['wasm'],
    check: ({ values, same, batch }, { onnx }) => close(values, onnx) && same && batch > 1,
  }),
  scenario({
    name: 'ONNX on the instant engine',
    code: predict,
    args: ['cpu'],
    check: ({ values, same }, { onnx }) => close(values, onnx) && same,
  }),
  scenario({
    name: 'ONNX on WebGPU',
    code: predict,
    args: ['webgpu'],
    optional: true,
    check: ({ values, same }, { onnx }) => close(values, onnx) && same,
  }),
  scenario({
    name: 'a run that never ends is ended',
    code: endless,
    args: [],
    check: ({ code, after }) => code === 'TIMEOUT' && after === 4,
  }),
  scenario({
    name: 'TensorFlow.js on wasm',
    code: tensorflow,
    args: ['wasm'],
    check: ({ values }, { tfjs }) => close(values, tfjs),
  }),
  scenario({
    name: 'TensorFlow.js on the CPU',
    code: tensorflow,
    args: ['cpu'],
    check: ({ values }, { tfjs }) => close(values, tfjs),
  }),
  scenario({
    name: 'TensorFlow.js on WebGL',
    code: tensorflow,
    args: ['webgl'],
    optional: true,
    check: ({ values }, { tfjs }) => close(values, tfjs),
  }),
  scenario({
    name: 'a model by name, from the registry',
    code: byName,
    args: [],
    check: ({ version, label }) => version === '1.0.0' && typeof label === 'string',
  }),
  scenario({
    name: 'the same from this device',
    code: byName,
    args: [],
    check: ({ version }) => version === '1.0.0',
  }),
  scenario({
    name: 'the same from a file outside IndexedDB, where there can be one',
    code: inOnePiece,
    args: [],
    check: ({ hasOpfs, forms, label }) =>
      typeof label === 'string' &&
      forms.length === (hasOpfs ? 1 : 0) &&
      forms.every((form) => form === 'opfs'),
  }),
  scenario({
    name: 'pages left while they open a version on probation do not take it back',
    code: left,
    args: [],
    check: ({ seen, newest, version }) => seen >= 2 && newest !== '1.0.0' && version === newest,
  }),
  scenario({
    name: 'the stores keep their contract',
    code: stores,
    args: [],
    check: ({ passed, faults }) => passed > 0 && faults.length === 0,
  }),
  scenario({
    name: 'a broken file',
    code: broken,
    args: [],
    check: ({ is, code }) => is && code === 'WRONG_CONTENT',
  }),
];
