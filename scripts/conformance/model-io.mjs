// Reads a model's inputs and outputs from the file itself, because the tests name their files by
// position, not by input.
import { wire } from '@perigee/registry';

/** @typedef {import('@perigee/registry').WireField} WireField */

/**
 * ModelProto.graph 7; GraphProto: initializer 5, input 11, output 12; ValueInfoProto: name 1, type
 * 2; TypeProto.tensor_type 1. Inputs that only give an initializer its default are left out, as
 * runtimes do.
 * @param {Uint8Array} bytes a serialized ModelProto
 * @returns {{ inputs: { name: string, isTensor: boolean }[], outputs: { name: string,
 *   isTensor: boolean }[] }}
 */
export function readModelIo(bytes) {
  /** @typedef {{ name: string, isTensor: boolean }} Value */
  /** @type {{ inputs: Value[], outputs: Value[] }} */
  const io = { inputs: [], outputs: [] };
  const initializers = new Set();
  const graph = [...wire.fields(bytes, 0, bytes.byteLength)].find(({ number }) => number === 7);
  for (const field of graph ? wire.fields(bytes, graph.start, graph.end) : []) {
    if (field.number === 5) initializers.add(child(bytes, field, 8) ?? '');
    else if (field.number === 11) io.inputs.push(valueInfo(bytes, field));
    else if (field.number === 12) io.outputs.push(valueInfo(bytes, field));
  }
  return { inputs: io.inputs.filter(({ name }) => !initializers.has(name)), outputs: io.outputs };
}

/**
 * @param {Uint8Array} bytes
 * @param {WireField} field
 */
function valueInfo(bytes, field) {
  const type = [...wire.fields(bytes, field.start, field.end)].find(({ number }) => number === 2);
  const isTensor =
    type !== undefined &&
    [...wire.fields(bytes, type.start, type.end)].some(({ number }) => number === 1);
  return { name: child(bytes, field, 1) ?? '', isTensor };
}

/**
 * @param {Uint8Array} bytes
 * @param {WireField} parent
 * @param {number} number
 */
function child(bytes, parent, number) {
  for (const field of wire.fields(bytes, parent.start, parent.end))
    if (field.number === number) return wire.text(bytes, field);
  return undefined;
}
