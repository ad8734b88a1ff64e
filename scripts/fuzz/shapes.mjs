import { inferShapes } from '../../packages/core/dist/engines/onnx/shapes/infer.js';
import { readShapeGraph } from '../../packages/core/dist/engines/onnx/shapes/read.js';
import { walkOnnx } from '@perigee/registry';
import { runReference } from './compare.mjs';
import { modelOf } from './one-node.mjs';

/** @typedef {import('./types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('./types.d.ts').NodeCase} NodeCase */
/** @typedef {NonNullable<ReturnType<ReturnType<typeof inferred>['get']>>} Inferred */

/**
 * The inferred shape and values of each tensor of a model whose inputs declare their sizes.
 * @param {Uint8Array} bytes
 * @param {number} [rows]
 */
export function inferred(bytes, rows = 1) {
  return inferShapes(readShapeGraph(bytes), walkOnnx(bytes).inputs, rows).values;
}

/**
 * The difference of the inferred tensor from the real one; null if they agree, or if nothing is
 * inferred.
 * @param {Pick<Inferred, 'shape' | 'values'> | undefined} value
 * @param {FuzzTensor} real
 */
function difference(value, real) {
  if (!value?.shape) return null;
  return (
    shapeDifference(value.shape, real.shape) ??
    (value.values && valueDifference(value.values, real.data))
  );
}

/**
 * The difference of an inferred shape from the real one; null if they agree.
 * @param {readonly number[]} inferredShape
 * @param {readonly number[]} real
 */
export function shapeDifference(inferredShape, real) {
  return inferredShape.join() === real.join()
    ? null
    : `inferred [${inferredShape}], ONNX Runtime gives [${real}]`;
}

/**
 * @param {readonly number[]} values
 * @param {FuzzTensor['data']} real
 */
function valueDifference(values, real) {
  const wrong = values.findIndex((one, i) => !isSame(one, Number(real[i])));
  return wrong >= 0
    ? `value ${wrong} inferred as ${values[wrong]}, ONNX Runtime gives ${real[wrong]}`
    : null;
}

/**
 * @param {number} a
 * @param {number} b
 */
function isSame(a, b) {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/**
 * Checks the inferred shapes of a case's outputs against ONNX Runtime's: with sizes in the file,
 * with a free first dimension, and with every input a constant.
 * @param {NodeCase} one
 * @returns {Promise<{ verdict: 'different' | 'agreed' | 'unknown' | 'unchecked', how?: string }>}
 *   `different` with a text, `agreed`, `unknown` if no shape is inferred, or `unchecked`
 */
export async function checkShapes(one) {
  const all = one.inputs.flatMap((input, i) => (input ? [i] : []));
  const first = one.inputs.find((input, i) => input && !one.constants?.includes(i))?.shape[0];
  const sized = modelOf(one, ({ shape }) => shape);
  const forms = [
    { form: 'sizes in the file', model: sized, rows: 1 },
    { form: 'constants', model: modelOf({ ...one, constants: all }), rows: 1 },
  ];
  if (first)
    forms.push({
      form: 'a free first dimension',
      model: modelOf(one, ({ shape }) =>
        shape[0] === first ? ['rows', ...shape.slice(1)] : shape,
      ),
      rows: first,
    });
  const { outputs, failure } = await runReference(sized.bytes, sized.feeds);
  if (!outputs) return { verdict: 'unchecked', how: String(failure) };
  let isKnown = false;
  for (const { form, model, rows } of forms) {
    const values = inferred(model.bytes, rows);
    for (const [name, real] of Object.entries(outputs)) {
      const value = values.get(name);
      isKnown ||= Boolean(value?.shape);
      const how = difference(value, real);
      if (how) return { verdict: 'different', how: `${name}, ${form}: ${how}` };
    }
  }
  return { verdict: isKnown ? 'agreed' : 'unknown' };
}
