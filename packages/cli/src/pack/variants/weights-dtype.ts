import type { OnnxModel, Variant } from '@perigee/registry';

type WeightsDtype = Variant['dtype'];

export const VARIANT_IDS: Readonly<Record<WeightsDtype, string>> = {
  float32: 'fp32',
  float16: 'fp16',
  int8: 'int8',
};

/** The type of most bytes of the weights. */
export function weightsDtype({ tensors, externalTensors }: OnnxModel): WeightsDtype {
  const bytes: Record<WeightsDtype, number> = { float32: 0, float16: 0, int8: 0 };
  for (const { dtype, start, end } of [...tensors, ...externalTensors]) {
    const kind =
      dtype === 'float16' ? 'float16' : dtype === 'int8' || dtype === 'uint8' ? 'int8' : 'float32';
    bytes[kind] += (end ?? start) - start;
  }
  if (bytes.float32 >= bytes.float16 && bytes.float32 >= bytes.int8) return 'float32';
  return bytes.float16 >= bytes.int8 ? 'float16' : 'int8';
}
