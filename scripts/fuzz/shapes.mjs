import { inferShapes } from '../../packages/core/dist/engines/onnx/shapes/infer.js';
import { readShapeGraph } from '../../packages/core/dist/engines/onnx/shapes/read.js';
import { walkOnnx } from '@perigee/registry';
import { runReference } from './compare.mjs';
import { modelOf } from './one-node.mjs';

/** The inferred shape and values of each tensor of a model whose inputs declare their sizes. */
export function inferred(bytes, rows = 1) {
  return inferShapes(readShapeGraph(bytes), walkOnnx(bytes).inputs, rows).values;
}

/** How the inferred tensor differs from the real one; null if it does not, or is not known. */
export function shapeDifference(value, real) {
  if (!value?.shape) return null;
  if (value.shape.join() !== real.shape.join())
    return `inferred [${value.shape}], ONNX Runtime gives [${real.shape}]`;
  const wrong = value.values?.findIndex((one, i) => !isSame(one, Number(real.data[i])));
  return wrong >= 0
    ? `value ${wrong} inferred as ${value.values[wrong]}, ONNX Runtime gives ${real.data[wrong]}`
    : null;
}

function isSame(a, b) {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/**
 * Checks the inferred shapes of a case's outputs against ONNX Runtime's: with sizes in the file,
 * with a free first dimension, and with every input a constant.
 * @returns `different` with a text, `agreed`, `unknown` if no shape is inferred, or `unchecked`
 */
export async function checkShapes(one) {
  const all = one.inputs.flatMap((input, i) => (input ? [i] : []));
  const first = one.inputs.find((input, i) => input && !one.constants?.includes(i))?.shape[0];
  const forms = [
    ['sizes in the file', modelOf(one, ({ shape }) => shape), 1],
    ['constants', modelOf({ ...one, constants: all }), 1],
  ];
  if (first > 0)
    forms.push([
      'a free first dimension',
      modelOf(one, ({ shape }) => (shape[0] === first ? ['rows', ...shape.slice(1)] : shape)),
      first,
    ]);
  const [, { bytes, feeds }] = forms[0];
  const { outputs, failure } = await runReference(bytes, feeds);
  if (failure) return { verdict: 'unchecked', how: failure };
  let verdict = 'unknown';
  for (const [form, model, rows] of forms) {
    const values = inferred(model.bytes, rows);
    for (const [name, real] of Object.entries(outputs)) {
      const value = values.get(name);
      if (value?.shape) verdict = 'agreed';
      const how = shapeDifference(value, real);
      if (how) return { verdict: 'different', how: `${name}, ${form}: ${how}` };
    }
  }
  return { verdict };
}
