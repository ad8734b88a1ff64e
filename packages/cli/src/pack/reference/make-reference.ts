import { buildReference } from '@perigee/profile';
import type { Signature } from '@perigee/registry';
import type { Model } from 'perigee';
import { encodeJson } from '../packed-release.ts';
import type { PackedRelease } from '../packed-release.ts';
import type { PackInputs } from '../read-inputs.ts';
import { referenceColumns } from '../rows/feature-columns.ts';
import { calibrate, predictRows } from '../rows/predict-rows.ts';
import type { TrainingRows } from '../rows/training-rows.ts';
import { unwatchedOutputs } from '../watched-outputs.ts';

export interface MadeReference {
  /** The reference profile as JSON. Undefined if the release has none. */
  readonly bytes: Uint8Array | undefined;
  readonly calibration?: PackedRelease['calibration'];
  readonly notes: readonly string[];
}

/**
 * The reference profile of a release: the given one, or one of the training rows.
 * @param model the release, loaded as on a device; it predicts the training rows
 */
export async function makeReference(
  model: Model,
  { training, givenReference, pipeline, labels }: PackInputs,
  signature: Signature,
  progress: (text: string) => void,
): Promise<MadeReference> {
  if (!training) return { bytes: givenReference, notes: [] };
  progress('computing the reference');
  const features = referenceColumns(training.features, pipeline);
  if (pipeline?.preprocess[0]?.op !== 'tabular')
    return { bytes: encodeJson(buildReference({ features })), notes: [] };
  const { output, value } = await predictRows(model, training.features, labels);
  const { calibration, notes } = await calibrationOf(model, training);
  const reference = buildReference({
    features,
    ...(output && { output: { ...output, ...(calibration && { calibration }) } }),
    ...(value && { value }),
  });
  const unwatched = unwatchedOutputs(pipeline, signature, {
    ...(output && { output }),
    ...(value && { value }),
  });
  return {
    bytes: encodeJson(reference),
    ...(calibration && { calibration }),
    notes: [...notes, ...unwatched],
  };
}

async function calibrationOf(
  model: Model,
  { calibration: rows }: TrainingRows,
): Promise<{
  readonly calibration?: Awaited<ReturnType<typeof calibrate>>['calibration'];
  readonly notes: readonly string[];
}> {
  if (!rows) return { notes: [] };
  const { calibration, refused } = await calibrate(model, rows);
  const note =
    `${rows.path}: ${refused} rows that lack a feature were left out. The pipeline does not ` +
    'impute it, so devices refuse such rows as well.';
  return { calibration, notes: refused > 0 ? [note] : [] };
}
