// Writes models of one node byte by byte. Field numbers: onnx.proto3.
import type { Tensor } from '../../tensor.ts';

type Bytes = readonly number[];
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | Tensor;

const DTYPES: Readonly<Record<string, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
};

function varint(value: number): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
const number = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
const message = (field: number, payload: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(payload.length),
  ...payload,
];
const text = (field: number, value: string): Bytes =>
  message(field, [...new TextEncoder().encode(value)]);
const fixed32 = (field: number, value: number): Bytes => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

function tensorProto(name: string, { dtype, shape, data }: Tensor): Bytes {
  const values = Array.isArray(data)
    ? data.flatMap((value) => text(6, value))
    : message(9, [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
  return [
    ...shape.flatMap((size) => number(1, size)),
    ...number(2, DTYPES[dtype] ?? 0),
    ...text(8, name),
    ...values,
  ];
}

function attribute(name: string, value: AttributeValue): Bytes {
  const typed = (type: number, fields: Bytes): Bytes =>
    message(5, [...text(1, name), ...fields, ...number(20, type)]);
  if (typeof value === 'number') return typed(2, number(3, value));
  if (typeof value === 'string') return typed(3, text(4, value));
  if (Array.isArray(value))
    return typeof value[0] === 'string'
      ? typed(
          8,
          value.flatMap((one: string) => text(9, one)),
        )
      : typed(
          7,
          value.flatMap((one: number) => number(8, one)),
        );
  if ('float' in value) return typed(1, fixed32(2, value.float));
  if ('floats' in value)
    return typed(
      6,
      value.floats.flatMap((one) => fixed32(7, one)),
    );
  return typed(4, message(5, tensorProto('', value as Tensor)));
}

function valueInfo(name: string, dtype: string, rank: number | null): Bytes {
  const shape =
    rank === null
      ? []
      : message(
          2,
          Array.from({ length: rank }, (_, axis) => message(1, text(2, `${name}_${axis}`))).flat(),
        );
  return [
    ...text(1, name),
    ...message(2, message(1, [...number(1, DTYPES[dtype] ?? 0), ...shape])),
  ];
}

export interface OneNode {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly inputs: readonly (Tensor | null)[];
  /** Indexes of the inputs that are weights. */
  readonly constants?: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Dtype and rank of each output. */
  readonly outputs: readonly (readonly [dtype: string, rank: number])[];
}

/** The model's bytes and its feeds. */
export function oneNodeModel({
  op,
  domain = '',
  opset = 15,
  inputs,
  constants = [],
  attributes = {},
  outputs,
}: OneNode): { bytes: Uint8Array; feeds: Record<string, Tensor> } {
  const names = inputs.map((tensor, i) => (tensor ? `x${i}` : ''));
  const node = [
    ...names.flatMap((name) => text(1, name)),
    ...outputs.flatMap((_, i) => text(2, `y${i}`)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => attribute(name, value)),
    ...text(7, domain),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, 'one'),
    ...inputs.flatMap((tensor, i) =>
      tensor && constants.includes(i) ? message(5, tensorProto(`x${i}`, tensor)) : [],
    ),
    ...inputs.flatMap((tensor, i) =>
      tensor && !constants.includes(i)
        ? message(11, valueInfo(`x${i}`, tensor.dtype, tensor.shape.length))
        : [],
    ),
    ...outputs.flatMap(([dtype, rank], i) => message(12, valueInfo(`y${i}`, dtype, rank))),
  ];
  const opsets = [
    message(8, [...text(1, ''), ...number(2, domain === '' ? opset : 15)]),
    ...(domain === '' ? [] : [message(8, [...text(1, domain), ...number(2, opset)])]),
  ].flat();
  const feeds = Object.fromEntries(
    inputs.flatMap((tensor, i) => (tensor && !constants.includes(i) ? [[`x${i}`, tensor]] : [])),
  );
  return { bytes: Uint8Array.from([...number(1, 8), ...message(7, graph), ...opsets]), feeds };
}
