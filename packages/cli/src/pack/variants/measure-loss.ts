import type { GoldenSamples, Pipeline, Signature, Tolerance } from '@perigee/registry';
import type { Tensor } from 'perigee';
import { fromGolden, valuesOf } from '../golden/golden-tensors.ts';
import { bestOfRows, compareTensors } from '../golden/compare-tensors.ts';
import type { RunningModel } from '../run-model.ts';

/** Errors of a variant over all golden samples. */
export interface Loss {
  /** Largest and mean |got − expected|. */
  readonly maxError: number;
  readonly meanError: number;
  /** Largest error relative to the largest expected value of its output, and its place. */
  readonly relative: { readonly share: number; readonly sample: string; readonly output: string };
  /** Smallest `atol` that accepts all values with the given `rtol`. */
  readonly excess: number;
  /** Share of the rows whose best label is the expected one; null without labels. */
  readonly labelAgreement: number | null;
  /** The first sample whose label differs. */
  readonly otherLabel: {
    readonly sample: string;
    readonly got: number;
    readonly expected: number;
  } | null;
  /** A fault that no tolerance accepts: another shape, another class, infinity. */
  readonly fault: string | null;
}

/** The output that determines the label. */
export interface LabelOutput {
  readonly name: string;
  /**
   * Threshold of an output with one number: one label below it, the other from it on. Absent if the
   * output has one score per label.
   */
  readonly cut?: number;
}

/** Runs the golden samples and compares the outputs. */
export async function measureLoss(
  model: RunningModel,
  { samples }: GoldenSamples,
  labelOutput: LabelOutput | null,
  { rtol }: Pick<Tolerance, 'rtol'>,
): Promise<Loss> {
  const compared: (ReturnType<typeof compareTensors> & {
    readonly sample: string;
    readonly output: string;
  })[] = [];
  const rows: { readonly sample: string; readonly got: number; readonly expected: number }[] = [];
  for (const { id: sample, feeds, outputs } of samples) {
    const found = await model.run(
      Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, fromGolden(tensor)])),
    );
    for (const [output, golden] of Object.entries(outputs)) {
      const [got, expected] = [found[output], fromGolden(golden)];
      compared.push({ sample, output, ...compareTensors(got, expected, rtol) });
      if (!got || output !== labelOutput?.name) continue;
      const labels = labelsOfRows(got, labelOutput);
      rows.push(
        ...labelsOfRows(expected, labelOutput).map((label, i) => ({
          sample,
          got: labels[i] ?? -1,
          expected: label,
        })),
      );
    }
  }
  const largest = new Map<string, number>();
  for (const { output, largestExpected } of compared)
    largest.set(output, Math.max(largest.get(output) ?? 0, largestExpected));
  const shares = compared.map(({ sample, output, maxError }) => ({
    sample,
    output,
    share: maxError === 0 ? 0 : maxError / (largest.get(output) || maxError),
  }));
  const other = rows.filter(({ got, expected }) => got !== expected);
  const faulty = compared.find(({ fault }) => fault !== null);
  return {
    maxError: Math.max(0, ...compared.map(({ maxError }) => maxError)),
    meanError:
      total(compared.map(({ sum }) => sum)) /
      Math.max(1, total(compared.map(({ count }) => count))),
    relative: shares.reduce((a, b) => (b.share > a.share ? b : a), {
      sample: '',
      output: '',
      share: 0,
    }),
    excess: Math.max(0, ...compared.map(({ excess }) => excess)),
    labelAgreement: rows.length === 0 ? null : 1 - other.length / rows.length,
    otherLabel: other[0] ?? null,
    fault: faulty ? `sample "${faulty.sample}", output "${faulty.output}": ${faulty.fault}` : null,
  };
}

/** The worse of two measurements of the same variant, for each figure. */
export function worseLoss(a: Loss, b: Loss): Loss {
  return {
    maxError: Math.max(a.maxError, b.maxError),
    meanError: Math.max(a.meanError, b.meanError),
    relative: a.relative.share >= b.relative.share ? a.relative : b.relative,
    excess: Math.max(a.excess, b.excess),
    labelAgreement:
      a.labelAgreement === null || b.labelAgreement === null
        ? (a.labelAgreement ?? b.labelAgreement)
        : Math.min(a.labelAgreement, b.labelAgreement),
    otherLabel: a.otherLabel ?? b.otherLabel,
    fault: a.fault ?? b.fault,
  };
}

/** The output that determines the label; null if the pipeline produces no label. */
export function labelOutputOf(
  pipeline: Pipeline | undefined,
  { outputs }: Signature,
): LabelOutput | null {
  const steps = pipeline?.postprocess ?? [];
  const last = steps.find(({ op }) => op === 'top-k' || op === 'threshold');
  const name = steps.find(({ tensor }) => tensor !== undefined)?.tensor ?? outputs[0]?.name;
  if (!last || name === undefined) return null;
  if (last.op !== 'threshold') return { name };
  const { threshold } = last;
  // With a sigmoid, compare the logit whose sigmoid is the threshold.
  const isLogit = steps.some(({ op }) => op === 'sigmoid');
  return { name, cut: isLogit ? Math.log(threshold / (1 - threshold)) : threshold };
}

function labelsOfRows(tensor: Tensor, { cut }: LabelOutput): number[] {
  if (cut === undefined) return bestOfRows(tensor);
  return valuesOf(tensor).map((value) => (Number(value) >= cut ? 1 : 0));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
