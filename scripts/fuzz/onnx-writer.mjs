// Models of one node as bytes. Field numbers: onnx.proto3 of the ONNX repository.

export const DTYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
};

function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
export const number = (field, value) => [...varint(field * 8), ...varint(value)];
export const message = (field, payload) => [
  ...varint(field * 8 + 2),
  ...varint(payload.length),
  ...payload,
];
export const text = (field, value) => message(field, [...new TextEncoder().encode(value)]);
const float = (value) => [...new Uint8Array(Float32Array.of(value).buffer)];

export function tensorProto(name, { dtype, shape, data }) {
  const values = Array.isArray(data)
    ? data.flatMap((value) => text(6, value))
    : message(9, [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
  return [
    ...shape.flatMap((length) => number(1, length)),
    ...number(2, DTYPES[dtype]),
    ...text(8, name),
    ...values,
  ];
}

/**
 * Encodes an attribute. Integers and bigints become INT; lists become INTS or STRINGS. `{ float }`
 * and `{ floats }` become FLOAT and FLOATS; `{ graph }` has the fields of a GraphProto.
 * @param style `proto3` leaves out values of zero and packs lists, as a serializer of proto3 does
 */
export function attributeProto(name, value, style) {
  const isProto3 = style === 'proto3';
  const typed = (type, fields) => message(5, [...text(1, name), ...fields, ...number(20, type)]);
  if (typeof value === 'number' || typeof value === 'bigint')
    return typed(2, isProto3 && Number(value) === 0 ? [] : number(3, value));
  if (typeof value === 'string') return typed(3, isProto3 && value === '' ? [] : text(4, value));
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string')
      return typed(
        8,
        value.flatMap((one) => text(9, one)),
      );
    return typed(
      7,
      isProto3 ? message(8, value.flatMap(varint)) : value.flatMap((one) => number(8, one)),
    );
  }
  if ('float' in value)
    return typed(
      1,
      isProto3 && Object.is(value.float, 0) ? [] : [...varint(2 * 8 + 5), ...float(value.float)],
    );
  if ('floats' in value)
    return typed(
      6,
      isProto3
        ? message(7, value.floats.flatMap(float))
        : value.floats.flatMap((one) => [...varint(7 * 8 + 5), ...float(one)]),
    );
  if ('graph' in value) return typed(5, message(6, [...text(2, name), ...value.graph]));
  return typed(4, message(5, tensorProto('', value)));
}

/**
 * @param dimensions the number of dimensions, all free, or a list of sizes with names for free
 * ones; null: the file declares no shape
 */
export function valueInfo(name, dtype, dimensions) {
  const sizes =
    typeof dimensions === 'number'
      ? Array.from({ length: dimensions }, (_, axis) => `${name}_${axis}`)
      : dimensions;
  const shape = sizes === null ? [] : message(2, sizes.flatMap(dimension));
  return [...text(1, name), ...message(2, message(1, [...number(1, DTYPES[dtype]), ...shape]))];
}

function dimension(size) {
  return message(1, typeof size === 'number' ? number(1, size) : text(2, size));
}

export function nodeProto({ op, domain = '', inputs, outputs, attributes = {}, style }) {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => attributeProto(name, value, style)),
    ...(domain ? text(7, domain) : []),
  ];
}

/** @param graph fields of GraphProto */
export function modelProto(graph, { opset = 17, ml = 3, irVersion = 8 } = {}) {
  const opsets = [
    message(8, [...text(1, ''), ...number(2, opset)]),
    message(8, [...text(1, 'ai.onnx.ml'), ...number(2, ml)]),
  ].flat();
  return Uint8Array.from([
    ...number(1, irVersion),
    ...message(7, [...text(2, 'fuzz'), ...graph]),
    ...opsets,
  ]);
}

/**
 * The bytes of a case's model, and its feeds.
 * @param sizesOf the dimensions that an input declares; without it all are free
 */
export function modelOf(
  { op, domain = '', opset, inputs, constants = [], attributes = {}, outputs, style },
  sizesOf = ({ shape }) => shape.length,
) {
  const named = inputs
    .map((value, i) => ({ name: value ? `x${i}` : '', value, isConstant: constants.includes(i) }))
    .filter(({ value }) => value);
  const names = inputs.map((value, i) => (value ? `x${i}` : ''));
  const fed = named.filter(({ isConstant }) => !isConstant);
  const graph = [
    ...message(
      1,
      nodeProto({
        op,
        domain,
        inputs: names,
        outputs: outputs.map((_, i) => `y${i}`),
        attributes,
        style,
      }),
    ),
    ...named
      .filter(({ isConstant }) => isConstant)
      .flatMap(({ name, value }) => message(5, tensorProto(name, value))),
    ...fed.flatMap(({ name, value }) => message(11, valueInfo(name, value.dtype, sizesOf(value)))),
    ...outputs.flatMap((dtype, i) => message(12, valueInfo(`y${i}`, dtype, null))),
  ];
  const versions = domain === '' ? { opset } : { ml: opset };
  return {
    bytes: modelProto(graph, versions),
    feeds: Object.fromEntries(fed.map(({ name, value }) => [name, value])),
  };
}
