// Models whose weights are in a file beside them, as exporters write models above 2 GB.
import { wireWrite } from '@perigee/registry';
import { node, graphInput, graphOutput, initializer, model } from '@perigee/registry/onnx';
import { seededRandom } from '@perigee/profile/analysis';

const { bytesField, concat, textField, varintField } = wireWrite;
const FLOAT = 1;
const EXTERNAL = 1;

/**
 * Square layers of `side`² float32 weights with Relu between them. The weights are in `path`; their
 * bytes are made while they are read, so that a large model needs little memory here.
 * @param {{ side: number, layers: number, path: string, inlineBytes?: number, seed?: number }} options
 * `inlineBytes`: weights that stay in the model's own file
 * @returns {{ bytes: Uint8Array, dataBytes: number, data: () => Generator<Uint8Array<ArrayBuffer>> }}
 */
export function layersApart({ side, layers, path, inlineBytes = 0, seed = 8 }) {
  const layerBytes = side * side * 4;
  const fields = [];
  let x = 'input';
  for (let layer = 0; layer < layers; layer += 1) {
    const weight = `w${layer}`;
    fields.push(
      node('MatMul', [x, weight], [`m${layer}`]),
      node('Relu', [`m${layer}`], [`r${layer}`]),
      apart(weight, [side, side], path, layer * layerBytes, layerBytes),
    );
    x = `r${layer}`;
  }
  const inline = new Float32Array(Math.max(side, Math.ceil(inlineBytes / 4 / side) * side));
  fields.push(
    initializer('bias', {
      dtype: 'float32',
      shape: [inline.length / side, side],
      data: inline,
    }),
    node('ReduceSum', ['bias', 'axis'], ['sum']),
    initializer('axis', { dtype: 'int64', shape: [1], data: BigInt64Array.of(0n) }),
    node('Add', [x, 'sum'], ['output']),
    graphInput('input', 'float32', ['batch', side]),
    graphOutput('output', 'float32', ['batch', side]),
  );
  return {
    bytes: model(fields),
    dataBytes: layers * layerBytes,
    *data() {
      const random = seededRandom(seed);
      const most = Math.sqrt(6 / side);
      for (let layer = 0; layer < layers; layer += 1) {
        const weights = new Float32Array(side * side);
        for (let at = 0; at < weights.length; at += 1) weights[at] = (2 * random() - 1) * most;
        yield new Uint8Array(weights.buffer);
      }
    },
  };
}

/**
 * A TensorProto whose values are in another file: dims 1, data_type 2, name 8, external_data 13,
 * data_location 14.
 * @param {string} name
 * @param {readonly number[]} dims
 * @param {string} path
 * @param {number} offset
 * @param {number} length
 */
function apart(name, dims, path, offset, length) {
  /**
   * @param {string} key
   * @param {string | number} value
   */
  const entry = (key, value) =>
    bytesField(13, concat([textField(1, key), textField(2, String(value))]));
  return bytesField(
    5,
    concat([
      ...dims.map((size) => varintField(1, size)),
      varintField(2, FLOAT),
      textField(8, name),
      entry('location', path),
      entry('offset', offset),
      entry('length', length),
      varintField(14, EXTERNAL),
    ]),
  );
}
