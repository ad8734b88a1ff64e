import { wire } from '@perigee/registry';
import type { Dtype, WireField } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';
import { floats, integers } from '../onnx/read-numbers.ts';
import { pushDoubles, utf8 } from './read-values.ts';
import { allocate } from './tensors.ts';

const { fields, message, text } = wire;

/** The values of TensorProto.DataType that this engine computes with. */
const DTYPES: ReadonlyMap<number, Dtype> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [6, 'int32'],
  [7, 'int64'],
  [8, 'string'],
  [9, 'bool'],
  [11, 'float64'],
]);

export function dtypeOf(number: number): Dtype {
  const dtype = DTYPES.get(number);
  if (!dtype)
    throw new PerigeeError(
      'UNSUPPORTED_OPERATOR',
      `The instant engine does not compute with tensors of ONNX's element type ${number}. ` +
        'Use backend "wasm".',
      { details: { backend: 'cpu' } },
    );
  return dtype;
}

/**
 * Reads a TensorProto: dims 1, data_type 2, typed values 4 to 7, 10 and 11, name 8, raw_data 9,
 * external_data 13.
 */
export function readTensor(bytes: Uint8Array, proto: WireField): { name: string; tensor: Tensor } {
  const shape: number[] = [];
  const strings: string[] = [];
  const typed: (number | bigint)[] = [];
  let [name, dtype]: [string, Dtype] = ['', 'float32'];
  let raw: WireField | undefined;
  for (const field of fields(bytes, proto.start, proto.end)) {
    if (field.number === 1) integers(bytes, field, Number, shape);
    else if (field.number === 2) dtype = dtypeOf(field.value);
    else if (field.number === 4) floats(bytes, field, typed);
    else if (field.number === 5 || field.number === 7 || field.number === 11)
      integers<number | bigint>(bytes, field, BigInt, typed);
    else if (field.number === 6) strings.push(utf8(bytes, field));
    else if (field.number === 8) name = text(bytes, field);
    else if (field.number === 9) raw = message(field);
    else if (field.number === 10) pushDoubles(bytes, field, typed);
    else if (field.number === 13)
      throw new PerigeeError(
        'UNSUPPORTED_OPERATOR',
        `The weights of "${name}" are in another file, which the instant engine does not ` +
          'read. Use backend "wasm".',
        { details: { backend: 'cpu' } },
      );
  }
  const tensor = allocate(dtype, shape);
  if (Array.isArray(tensor.data)) {
    if (strings.length !== tensor.data.length)
      throw wrongSize(name, strings.length, tensor.data.length);
    return { name, tensor: { dtype: 'string', shape, data: strings } };
  }
  if (raw) {
    // Copy the bytes, because they may lie at an offset that a typed array cannot start at.
    const target = new Uint8Array(tensor.data.buffer);
    if (raw.end - raw.start !== target.length)
      throw wrongSize(name, raw.end - raw.start, target.length);
    target.set(bytes.subarray(raw.start, raw.end));
  } else {
    if (typed.length !== tensor.data.length)
      throw wrongSize(name, typed.length, tensor.data.length);
    const values = tensor.data as unknown as (number | bigint)[];
    typed.forEach((value, i) => (values[i] = dtype === 'int64' ? BigInt(value) : Number(value)));
  }
  return { name, tensor };
}

function wrongSize(name: string, got: number, expected: number): PerigeeError {
  return new PerigeeError(
    'WRONG_CONTENT',
    `The file is not a valid ONNX model: tensor "${name}" has ${got} values or bytes where ` +
      `its shape says ${expected}.`,
  );
}
