import type { OnnxModel, Variant } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import { convertWeights } from '../../onnx/convert-weights.ts';
import { optimizeModel } from '../../onnx/optimize-model.ts';
import type { ModelFiles } from '../read-files.ts';
import type { VariantKind } from './variant-kinds.ts';
import { VARIANT_IDS, weightsDtype } from './weights-dtype.ts';

/** A variant before its files are cut: the files, and its entries of the manifest. */
export interface MadeVariant extends Pick<Variant, 'id' | 'dtype' | 'optimized' | 'requires'> {
  readonly model: ModelFiles;
}

/**
 * Makes one variant of a model. Weights that are converted back when a session is made need the
 * runtime's optimiser for that. Such a graph may be an optimised one, but it is not marked as
 * `optimized`. The products of `int8-dynamic` need no optimiser on the device.
 * @throws CommandError when the variant cannot be made
 */
export async function makeVariant(
  model: ModelFiles,
  kind: VariantKind | 'as-is',
  optimize: boolean,
): Promise<MadeVariant> {
  const source = weightsDtype(model.onnx);
  if (kind === 'fp32' && source !== 'float32')
    throw new CommandError(
      `Variant fp32: the weights of ${model.entry} are ${source}. Pack it without ` +
        '--variants, or make variants of the float32 model.',
    );
  if (kind === 'as-is' || kind === 'fp32') {
    const made = optimize ? await optimizeModel(model) : model;
    return {
      id: VARIANT_IDS[source],
      dtype: source,
      model: made,
      ...(optimize && { optimized: true }),
      ...requirements(made.onnx, model.onnx),
    };
  }
  if (kind === 'int8-dynamic') {
    const converted = convertWeights(model, kind);
    const made = optimize ? await optimizeModel(converted) : converted;
    // On other backends these operators fall back to wasm one by one.
    return {
      id: kind,
      dtype: 'int8',
      model: made,
      ...(optimize && { optimized: true }),
      requires: { backends: ['wasm', 'native'] },
    };
  }
  const made = convertWeights(optimize ? await optimizeModel(model) : model, kind);
  return {
    id: kind,
    dtype: kind === 'fp16' ? 'float16' : 'int8',
    model: made,
    ...requirements(made.onnx, model.onnx),
  };
}

/** ONNX Runtime's optimiser adds operators of its own, which other engines lack. */
function requirements(made: OnnxModel, source: OnnxModel): Pick<MadeVariant, 'requires'> {
  const own = Object.keys(made.operators).some(
    (name) => name.includes('.') && !Object.hasOwn(source.operators, name),
  );
  return own ? { requires: { backends: ['wasm', 'webgpu', 'native'] } } : {};
}
