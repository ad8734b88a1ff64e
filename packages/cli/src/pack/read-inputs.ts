import type { OnnxModel, Pipeline } from '@perigee/registry';
import { readCsv } from '../csv/read-csv.ts';
import type { PackOptions } from './pack-options.ts';
import { readDescription } from './read-description.ts';
import type { Description } from './read-description.ts';
import { readLabels, readModelFacts, readPipeline } from './read-files.ts';
import type { ModelFacts } from './read-files.ts';
import { readReference } from './reference/read-reference.ts';
import { warningOn } from './rows/column-uses.ts';
import { readTrainingRows } from './rows/training-rows.ts';
import type { TrainingRows } from './rows/training-rows.ts';
import { withThreshold } from './with-threshold.ts';

/** All files that the options name, read and checked. */
export interface PackInputs {
  /** Its bytes are read where they are needed: a step that runs the model holds them once more. */
  readonly model: ModelFacts;
  readonly pipeline: Pipeline | undefined;
  readonly labels: readonly string[] | undefined;
  /** Rows to compute the reference from. */
  readonly training: TrainingRows | undefined;
  /** A reference that is complete already. */
  readonly givenReference: Uint8Array | undefined;
  readonly description: Description;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads all files before the model runs, so that a fault of a file is reported at once.
 * @throws CommandError naming the file
 */
export async function readInputs(options: PackOptions): Promise<PackInputs> {
  const { reference, referenceProfile } = options;
  const model = await readModelFacts(options.model);
  const csv = reference === undefined ? undefined : await readCsv(reference, options);
  const written =
    options.pipeline === undefined ? undefined : await readPipeline(options.pipeline, csv);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const pipeline = withThreshold(written?.pipeline, labels, options);
  const format = { pipeline, labels, inputs: model.onnx.inputs };
  const training = csv && (await readTrainingRows(csv, format, options));
  const givenReference =
    referenceProfile === undefined ? undefined : await readReference(referenceProfile, format);
  const hasReference = training !== undefined || givenReference !== undefined;
  return {
    model,
    pipeline,
    labels,
    training,
    givenReference,
    description: await readDescription(options),
    notes: [...(written?.notes ?? []), ...(training?.notes ?? [])],
    warnings: hasReference ? warningsOn(training, pipeline, model.onnx) : [],
  };
}

function warningsOn(
  training: TrainingRows | undefined,
  pipeline: Pipeline | undefined,
  { inputs }: OnnxModel,
): string[] {
  const numeric = training?.features.map(({ name }) => name) ?? [];
  const warning = warningOn(pipeline, inputs, numeric);
  return warning === undefined ? [] : [warning];
}
