import type { GoldenSamples, Tolerance, Variant } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import { cutFiles } from './cut-files.ts';
import { judgeLoss, variantTolerances } from './judge-loss.ts';
import { makeVariant } from './make-variant.ts';
import type { MadeVariant } from './make-variant.ts';
import { measureVariant } from './measure-variant.ts';
import type { Measurement } from './measure-variant.ts';
import type { LabelOutput } from './measure-loss.ts';
import type { ModelFiles } from '../read-files.ts';
import { checkKinds } from './variant-kinds.ts';
import type { VariantKind } from './variant-kinds.ts';

export interface VariantOptions {
  /**
   * Variants to make, in the order in which devices should prefer them. Default: the model
   * unchanged and not measured.
   */
  readonly variants?: readonly VariantKind[];
  /**
   * Id of the variant. Default: fp32, fp16 or int8, by the type of the weights. Only without
   * `variants`.
   */
  readonly variantId?: string;
  /** Optimise the graph with ONNX Runtime, so that devices need not. Needs onnxruntime-node. */
  readonly optimize?: boolean;
  /** Largest loss of a variant, from 0 to 1. Default: see `DEFAULT_MAX_LOSS`. */
  readonly maxLoss?: number;
  /** Leave out variants that lose more or cannot be made, instead of failing. */
  readonly dropBadVariants?: boolean;
}

export interface VariantReport extends Measurement {
  readonly id: string;
  readonly sizeBytes: number;
  readonly wireBytes: number;
}

export interface PackedVariants {
  readonly variants: readonly Variant[];
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** Tolerances of variants that need more than those of their backend. */
  readonly tolerances: Readonly<Record<string, Tolerance>>;
  /** Empty if the model was packed unchanged. */
  readonly reports: readonly VariantReport[];
  /** Why variants were left out. */
  readonly dropped: readonly string[];
}

/**
 * Makes the variants of a model and runs each on the golden samples.
 * @throws CommandError naming the variant and the sample, unless `dropBadVariants` is set
 */
export async function packVariants(
  model: ModelFiles,
  golden: GoldenSamples,
  labelOutput: LabelOutput | null,
  options: VariantOptions,
  progress: (text: string) => void,
): Promise<PackedVariants> {
  const { variants: kinds, optimize = false, variantId, maxLoss, dropBadVariants } = options;
  if (kinds) checkKinds(kinds);
  if (kinds && variantId !== undefined)
    throw new CommandError(
      'Give --variants or --variant-id, not both: each variant is named after its kind.',
    );
  if (maxLoss !== undefined && !(maxLoss >= 0 && maxLoss <= 1))
    throw new CommandError(`The largest loss must be from 0 to 1; it is ${maxLoss}.`);
  const measured = kinds !== undefined || optimize;

  const packed: {
    variant: Variant;
    objects: ReadonlyMap<string, Uint8Array>;
    tolerances: Record<string, Tolerance>;
    report: VariantReport | null;
  }[] = [];
  const dropped: string[] = [];
  for (const kind of kinds ?? (['as-is'] as const)) {
    try {
      if (measured) progress(`making and measuring variant ${kind}`);
      const made = await makeVariant(model, kind, optimize);
      const id = variantId ?? made.id;
      const measurement = measured ? await measureVariant(made, golden, labelOutput) : null;
      const fault = measurement && judgeLoss(id, made.dtype, measurement.loss, maxLoss);
      if (fault !== null) throw new CommandError(fault);
      const { variant, objects } = await cut(made, id);
      const [sizeBytes, wireBytes] = [
        sum(variant.chunks.map((chunk) => chunk.sizeBytes)),
        sum(variant.chunks.map((chunk) => chunk.wireBytes)),
      ];
      packed.push({
        variant,
        objects,
        tolerances: measurement ? variantTolerances(id, measurement.loss) : {},
        report: measurement && { id, sizeBytes, wireBytes, ...measurement },
      });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (!dropBadVariants)
        throw kinds && kinds.length > 1
          ? new CommandError(`${error.message} Pack without it, or give --drop-bad-variants.`, {
              cause: error,
            })
          : error;
      dropped.push(error.message);
    }
  }
  if (packed.length === 0) throw new CommandError(`No variant is left: ${dropped.join(' ')}`);
  return {
    variants: packed.map(({ variant }) => variant),
    objects: new Map(packed.flatMap(({ objects }) => [...objects])),
    tolerances: Object.assign({}, ...packed.map(({ tolerances }) => tolerances)) as Record<
      string,
      Tolerance
    >,
    reports: packed.flatMap(({ report }) => report ?? []),
    dropped,
  };
}

async function cut(
  { model, dtype, optimized, requires }: MadeVariant,
  id: string,
): Promise<{ variant: Variant; objects: ReadonlyMap<string, Uint8Array> }> {
  const { files, chunks, bundles, objects } = await cutFiles(model);
  return {
    variant: {
      id,
      engine: 'onnx',
      dtype,
      ...(optimized && { optimized }),
      ...(requires && { requires }),
      entry: model.entry,
      files,
      chunks,
      ...(bundles.length > 0 && { bundles }),
    },
    objects,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
