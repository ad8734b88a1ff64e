import { wireWrite } from '@perigee/registry';

const { bytesField, concat, textField, varintField } = wireWrite;

/** Writes messages of onnx.proto3 (ONNX repository) that converted weights need. */

/** TensorProto.DataType. */
export const DATA_TYPE = { float32: 1, uint8: 2, int8: 3, float16: 10 } as const;

/**
 * TensorProto: dims 1, data_type 2, name 8, raw_data 9. Values are little-endian, as on every
 * machine that Node supports.
 */
export function tensorProto(
  name: string,
  dims: readonly number[],
  dataType: number,
  values: ArrayBufferView,
): Uint8Array {
  return concat([
    ...dims.map((size) => varintField(1, size)),
    varintField(2, dataType),
    textField(8, name),
    bytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ]);
}

/**
 * NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. The node's name is that of its
 * first output.
 */
export function nodeProto(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[] = [],
): Uint8Array {
  return concat([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(3, outputs[0] ?? ''),
    textField(4, type),
    ...attributes.map((attribute) => bytesField(5, attribute)),
  ]);
}

/** AttributeProto: name 1, i 3, type 20 (INT = 2). */
export function intAttribute(name: string, value: number): Uint8Array {
  return concat([textField(1, name), varintField(3, value), varintField(20, 2)]);
}
