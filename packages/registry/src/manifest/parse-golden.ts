import { LIMITS } from './limits.ts';
import type { GoldenSamples, GoldenTensor } from './manifest.ts';
import { DTYPES } from './parse-manifest.ts';
import { reader } from './reader.ts';
import type { Reader } from './reader.ts';
import { parseJson } from './safe-json.ts';

/** @throws RegistryError INVALID_MANIFEST naming the path of the fault */
export function parseGolden(bytes: Uint8Array): GoldenSamples {
  const root = reader(parseJson(bytes, 'golden samples', LIMITS.goldenBytes));
  return {
    schema: root.field('schema').oneOf(['perigee-golden/1']),
    samples: root.field('samples').list(LIMITS.goldenSamples, (sample) => ({
      id: sample.field('id').text(256),
      feeds: tensors(sample.field('feeds')),
      outputs: tensors(sample.field('outputs')),
    })),
  };
}

function tensors(field: Reader): Record<string, GoldenTensor> {
  return Object.fromEntries(field.entries(LIMITS.tensors, tensor));
}

function tensor(field: Reader): GoldenTensor {
  const dtype = field.field('dtype').oneOf(DTYPES);
  const shape = field.field('shape').list(LIMITS.dimensions, (item) => item.integer(0, LIMITS.goldenElements));
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const data = field.field('data');
  const values = data.list(LIMITS.goldenElements, (item) => {
    if (typeof item.value === 'number' || typeof item.value === 'string' || typeof item.value === 'boolean') return item.value;
    return item.fail('a number, text or boolean');
  });
  if (values.length !== size) data.fail(`${size} values for shape [${shape.join(', ')}]`);
  return { dtype, shape, data: values };
}
