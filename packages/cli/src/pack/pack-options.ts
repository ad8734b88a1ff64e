import { CommandError } from '../command.ts';
import type { CsvOptions } from '../csv/csv-options.ts';
import type { VariantOptions } from './variants/pack-variants.ts';
import type { ThresholdOptions } from './with-threshold.ts';

/** Options of `pack()`. Texts are file paths unless stated otherwise. */
export interface PackOptions extends VariantOptions, ThresholdOptions, CsvOptions {
  /** The .onnx file. Files with tensor data beside it are included. */
  readonly model: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly pipeline?: string;
  /** Labels as `a,b,c`, or a JSON file with a list of texts. */
  readonly labels?: string;
  /** CSV of training rows. */
  readonly reference?: string;
  /** Columns of the reference that are not features. */
  readonly exclude?: readonly string[];
  /**
   * CSV of labelled rows that the model was not trained on. `label` is the column with the ground
   * truth.
   */
  readonly calibrate?: string;
  readonly label?: string;
  /** Words that an app may add to its telemetry to distinguish groups of users. */
  readonly segments?: readonly string[];
  /** A reference profile as JSON, instead of a CSV. */
  readonly referenceProfile?: string;
  readonly golden?: string;
  /** Number of samples to make without `golden`. Default: 8, fewer for large inputs. */
  readonly goldenCount?: number;
  /**
   * Model card, Markdown. Its front matter, as on the Hugging Face Hub, may give licence, base
   * model, datasets and results.
   */
  readonly card?: string;
  /** JSON with owner, intendedUse, metrics, datasets …; each field overrides the card's. */
  readonly governance?: string;
}

/**
 * Checks options that exclude or need each other.
 * @throws CommandError naming the options
 */
export function checkOptions({
  reference,
  referenceProfile,
  calibrate,
  label,
}: Pick<PackOptions, 'reference' | 'referenceProfile' | 'calibrate' | 'label'>): void {
  if (reference !== undefined && referenceProfile !== undefined)
    throw new CommandError(
      'Give --reference or --reference-profile, not both: a release has one reference.',
    );
  if ((calibrate === undefined) !== (label === undefined))
    throw new CommandError(
      '--calibrate and --label need each other: the rows, and their column with the ground truth.',
    );
  if (calibrate !== undefined && reference === undefined)
    throw new CommandError('--calibrate extends a reference: give --reference too.');
}
