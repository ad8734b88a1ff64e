import type { Dimension, Dtype, Signature, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor, TensorData, Tensors } from '../../tensor.ts';
import type { OrtModule, OrtSession, OrtTensor } from './ort-types.ts';

const DTYPES: ReadonlySet<string> = new Set<Dtype>([
  'float32',
  'float16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
]);

const MAX_SIZE = 2 ** 31 - 1;

export function toOrt(ort: OrtModule, feeds: Tensors): Record<string, OrtTensor> {
  const result: Record<string, OrtTensor> = {};
  for (const name in feeds) {
    const { dtype, data, shape } = feeds[name] as Tensor;
    result[name] = new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
  }
  return result;
}

/** Converts outputs to plain tensors. `getData` reads outputs on the GPU back. */
export async function fromOrt(outputs: Readonly<Record<string, OrtTensor>>): Promise<Tensors> {
  const result: Record<string, Tensor> = {};
  for (const name in outputs) {
    const output = outputs[name] as OrtTensor;
    const data =
      output.location === 'cpu' || output.location === 'cpu-pinned'
        ? output.data
        : await output.getData(true);
    result[name] = {
      dtype: dtypeOf(name, output.type),
      shape: [...output.dims],
      data: plainData(data as ArrayBufferView | string[]),
    } as Tensor;
  }
  return result;
}

/**
 * The signature that the runtime reports. The runtime reports an unknown rank as rank 0; `file`,
 * the signature in the model file, distinguishes the two.
 */
export function signatureOf(session: OrtSession, file: Signature | null): Signature {
  const read = (
    metas: OrtSession['inputMetadata'],
    known: readonly TensorSignature[],
  ): TensorSignature[] =>
    metas.map((meta) =>
      tensorSignature(
        meta,
        known.find(({ name }) => name === meta.name),
      ),
    );
  return {
    inputs: read(session.inputMetadata, file?.inputs ?? []),
    outputs: read(session.outputMetadata, file?.outputs ?? []),
  };
}

function tensorSignature(
  meta: OrtSession['inputMetadata'][number],
  known: TensorSignature | undefined,
): TensorSignature {
  if (!meta.isTensor) {
    throw new PerigeeError(
      'UNSUPPORTED_MODEL',
      `"${meta.name}" is not a tensor (a sequence, map or optional); only models whose ` +
        'inputs and outputs are tensors can be loaded.',
    );
  }
  const shape = meta.shape.map(dimension);
  const isUnknown = shape.length === 0 && known?.rank === 'unknown';
  return {
    name: meta.name,
    dtype: dtypeOf(meta.name, meta.type),
    shape,
    ...(isUnknown && { rank: 'unknown' }),
  };
}

/** A free dimension without a name is -1 natively and 2^32 - 1 on ONNX Runtime Web. */
function dimension(size: number | string): Dimension {
  if (typeof size === 'string') return size === '' ? null : size;
  return size < 0 || size > MAX_SIZE ? null : size;
}

function dtypeOf(name: string, type: string): Dtype {
  if (!DTYPES.has(type))
    throw new PerigeeError(
      'UNSUPPORTED_MODEL',
      `"${name}" has element type ${type}, which JavaScript has no array for.`,
    );
  return type as Dtype;
}

/** Newer browsers give a Float16Array. A Tensor carries float16 as 16-bit patterns. */
function plainData(data: ArrayBufferView | string[]): TensorData {
  if (!Array.isArray(data) && data.constructor.name === 'Float16Array') {
    return new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 2);
  }
  return data as TensorData;
}
