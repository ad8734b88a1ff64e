/**
 * Writes ONNX models. A graph is a list of fields, each made by `node()`, `initializer()`,
 * `graphInput()` or `graphOutput()`; `model()` makes the file. Field numbers and enumerations:
 * onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import {
  bytesField,
  concat,
  floatBytes,
  floatField,
  packedField,
  textField,
  varintField,
} from '../chunks/wire-write.ts';

/** TensorProto.DataType. */
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;

/** An element type: its name, or its number in TensorProto.DataType. */
export type ElementType = keyof typeof DATA_TYPE | number;

/** The type, sizes and values of a tensor. Numbers are little-endian, as in memory. */
export interface TensorValues {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView | readonly string[];
}

/**
 * The value of an attribute. Whole numbers become INT and INTS, texts STRING and STRINGS. Floats
 * are marked, because JavaScript does not tell 1.0 from 1. `graph` has the fields of a subgraph.
 */
export type AttributeValue =
  | number
  | bigint
  | string
  | readonly (number | bigint)[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: readonly Uint8Array[] }
  | TensorValues;

/** Sizes of dimensions, with names for free ones. A number: so many free dimensions. */
export type DeclaredShape = readonly (number | string)[] | number;

export interface NodeOptions {
  /** Default: the operators of ONNX itself. */
  readonly domain?: string;
  /** Default: the first output. */
  readonly name?: string;
  /** Leave out zeros and pack lists, as serializers of proto3 do. */
  readonly isProto3?: boolean;
}

/** Opset of ONNX's own operators, unless `model()` is given others. */
const DEFAULT_OPSET = 17;
const DEFAULT_IR_VERSION = 8;

/**
 * A node of a graph (GraphProto.node). An empty name is an input that is not given.
 * @throws TypeError for an attribute that is a fraction without `float`
 * @example
 * ```ts
 * node('Gemm', ['x', 'weights'], ['y'], { transB: 1, alpha: { float: 0.5 } });
 * ```
 */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  { domain = '', name = outputs[0] ?? '', isProto3 = false }: NodeOptions = {},
): Uint8Array {
  const fields = [
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, op),
    ...Object.entries(attributes).map(([key, value]) => attribute(key, value, isProto3)),
    ...(domain === '' ? [] : [textField(7, domain)]),
  ];
  return bytesField(1, concat(fields));
}

/**
 * A weight of a graph (GraphProto.initializer).
 * @throws TypeError for an element type that has no name
 * @example
 * ```ts
 * initializer('w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) });
 * ```
 */
export function initializer(name: string, values: TensorValues): Uint8Array {
  return bytesField(5, tensor(name, values));
}

/**
 * An input of a graph (GraphProto.input).
 * @param shape without it, the file declares no shape
 * @example
 * ```ts
 * graphInput('x', 'float32', ['batch', 28, 28]);
 * ```
 */
export function graphInput(name: string, dtype: ElementType, shape?: DeclaredShape): Uint8Array {
  return bytesField(11, valueInfo(name, dtype, shape));
}

/**
 * An output of a graph (GraphProto.output).
 * @param shape without it, the file declares no shape
 * @example
 * ```ts
 * graphOutput('y', 'float32', ['batch', 10]);
 * ```
 */
export function graphOutput(name: string, dtype: ElementType, shape?: DeclaredShape): Uint8Array {
  return bytesField(12, valueInfo(name, dtype, shape));
}

/**
 * A file (ModelProto).
 * @param opsets version of the operators by domain; '' is ONNX's own. Default: 17 for it.
 * @example
 * ```ts
 * const bytes = model([
 *   node('Relu', ['x'], ['y']),
 *   graphInput('x', 'float32', ['batch']),
 *   graphOutput('y', 'float32', ['batch']),
 * ]);
 * ```
 */
export function model(
  graph: readonly Uint8Array[],
  {
    opsets = { '': DEFAULT_OPSET },
    irVersion = DEFAULT_IR_VERSION,
    name = 'graph',
  }: {
    readonly opsets?: Readonly<Record<string, number>>;
    readonly irVersion?: number;
    readonly name?: string;
  } = {},
): Uint8Array<ArrayBuffer> {
  return concat([
    varintField(1, irVersion),
    bytesField(7, graphProto(name, graph)),
    ...Object.entries(opsets).map(([domain, version]) =>
      bytesField(8, concat([textField(1, domain), varintField(2, version)])),
    ),
  ]);
}

function graphProto(name: string, fields: readonly Uint8Array[]): Uint8Array {
  return concat([textField(2, name), ...fields]);
}

/** TensorProto. */
function tensor(name: string, { dtype, shape, data }: TensorValues): Uint8Array {
  const values = ArrayBuffer.isView(data)
    ? [bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))]
    : data.map((value) => textField(6, value));
  return concat([
    ...shape.map((size) => varintField(1, size)),
    varintField(2, elementType(dtype)),
    textField(8, name),
    ...values,
  ]);
}

/** ValueInfoProto. */
function valueInfo(name: string, dtype: ElementType, shape?: DeclaredShape): Uint8Array {
  const sizes =
    typeof shape === 'number'
      ? Array.from({ length: shape }, (_, axis) => `${name}_${axis}`)
      : shape;
  const dimensions = sizes?.map((size) =>
    bytesField(1, typeof size === 'number' ? varintField(1, size) : textField(2, size)),
  );
  const type = concat([
    varintField(1, elementType(dtype)),
    ...(dimensions ? [bytesField(2, concat(dimensions))] : []),
  ]);
  return concat([textField(1, name), bytesField(2, bytesField(1, type))]);
}

function elementType(dtype: ElementType): number {
  const number = typeof dtype === 'number' ? dtype : DATA_TYPE[dtype];
  if (number === undefined) throw new TypeError(`ONNX has no element type "${dtype}".`);
  return number;
}

/** AttributeProto as a field of a node. Its last field is AttributeProto.AttributeType. */
function attribute(name: string, value: AttributeValue, isProto3: boolean): Uint8Array {
  const { type, fields } = attributeFields(name, value, isProto3);
  return bytesField(5, concat([textField(1, name), ...fields, varintField(20, type)]));
}

function attributeFields(
  name: string,
  value: AttributeValue,
  isProto3: boolean,
): { readonly type: number; readonly fields: readonly Uint8Array[] } {
  if (typeof value === 'number' && !Number.isInteger(value))
    throw new TypeError(`Attribute "${name}": write ${value} as { float: ${value} }.`);
  const isOmitted = isProto3 && isZero(value);
  if (typeof value === 'number' || typeof value === 'bigint')
    return { type: 2, fields: isOmitted ? [] : [varintField(3, value)] };
  if (typeof value === 'string') return { type: 3, fields: isOmitted ? [] : [textField(4, value)] };
  if (isTexts(value)) return { type: 8, fields: value.map((text) => textField(9, text)) };
  if (isList(value))
    return {
      type: 7,
      fields: isProto3 ? [packedField(8, value)] : value.map((one) => varintField(8, one)),
    };
  if ('float' in value) return { type: 1, fields: isOmitted ? [] : [floatField(2, value.float)] };
  if ('floats' in value)
    return {
      type: 6,
      fields: isProto3
        ? [bytesField(7, floatBytes(value.floats))]
        : value.floats.map((one) => floatField(7, one)),
    };
  if ('graph' in value) return { type: 5, fields: [bytesField(6, graphProto(name, value.graph))] };
  return { type: 4, fields: [bytesField(5, tensor('', value))] };
}

/** Whether the value is the one that proto3 leaves out. −0 is another float. */
function isZero(value: AttributeValue): boolean {
  if (typeof value === 'object') return 'float' in value && Object.is(value.float, 0);
  return value === '' || (typeof value !== 'string' && Number(value) === 0);
}

function isList(value: AttributeValue): value is readonly string[] | readonly (number | bigint)[] {
  return Array.isArray(value);
}

function isTexts(value: AttributeValue): value is readonly string[] {
  return isList(value) && typeof value[0] === 'string';
}
