// The part of ONNX's protobuf format that a graph needs. Field numbers: onnx.proto3 of the ONNX
// repository.

const text = new TextEncoder();

/** TensorProto.DataType by the array that holds the values. */
const ELEMENT = new Map([
  [Float32Array, 1],
  [Int8Array, 3],
  [BigInt64Array, 7],
]);
const ELEMENT_BY_NAME = { float32: 1, int64: 7 };

export function model({ nodes, inputs, outputs, initializers, opset = 13 }) {
  const graph = message([
    ...nodes.map((node) => bytes(1, nodeProto(node))),
    string(2, 'bench'),
    ...initializers.map((tensor) => bytes(5, tensorProto(tensor))),
    ...inputs.map((value) => bytes(11, valueInfo(value))),
    ...outputs.map((value) => bytes(12, valueInfo(value))),
  ]);
  return message([
    varintField(1, 8),
    string(2, 'perigee-bench'),
    bytes(7, graph),
    bytes(8, message([string(1, ''), varintField(2, opset)])),
  ]);
}

function nodeProto({ op, inputs, outputs, attributes = {} }) {
  return message([
    ...inputs.map((name) => string(1, name)),
    ...outputs.map((name) => string(2, name)),
    string(3, outputs[0]),
    string(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
  ]);
}

/** These graphs need only whole numbers from 0 up, lists of them, and fractions. */
function attribute(name, value) {
  if (Array.isArray(value))
    return message([
      string(1, name),
      ...value.map((item) => varintField(8, item)),
      varintField(20, 7),
    ]);
  if (Number.isInteger(value) && value >= 0)
    return message([string(1, name), varintField(3, value), varintField(20, 2)]);
  if (typeof value === 'number')
    return message([string(1, name), floatField(2, value), varintField(20, 1)]);
  throw new TypeError(`attribute ${name}: expected a number or a list of whole ones, got ${value}`);
}

function tensorProto({ name, dims, data }) {
  return message([
    ...dims.map((dim) => varintField(1, dim)),
    varintField(2, ELEMENT.get(data.constructor)),
    string(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function valueInfo({ name, shape, dtype = 'float32' }) {
  const dims = shape.map((dim) =>
    bytes(1, typeof dim === 'number' ? varintField(1, dim) : string(2, dim)),
  );
  const tensorType = message([varintField(1, ELEMENT_BY_NAME[dtype]), bytes(2, message(dims))]);
  return message([string(1, name), bytes(2, message([bytes(1, tensorType)]))]);
}

function message(parts) {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

function varint(value) {
  const result = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...result, rest]);
    result.push((rest % 128) | 128);
  }
}

const varintField = (field, value) => message([varint(field * 8), varint(value)]);
const floatField = (field, value) =>
  message([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);
const bytes = (field, value) => message([varint(field * 8 + 2), varint(value.length), value]);
const string = (field, value) => bytes(field, text.encode(value));
