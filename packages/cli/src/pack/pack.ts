import { buildReference, parseReference } from '@perigee/profile';
import type { ReferenceColumn } from '@perigee/profile';
import { layout, parseGolden, parseManifest, sha256Hex, wordFeatures } from '@perigee/registry';
import type {
  GoldenSamples,
  Governance,
  Manifest,
  ObjectRef,
  OnnxModel,
  Pipeline,
  Signature,
  Variant,
} from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { CsvTold } from '../csv/told.ts';
import { columnUses, warningOn } from './rows/column-uses.ts';
import type { ColumnUse } from './rows/column-uses.ts';
import { featureColumns, referenceColumns, watchedFeatures } from './rows/feature-columns.ts';
import {
  checkGolden,
  DEFAULT_TOLERANCE,
  makeGolden,
  MAX_GOLDEN_COUNT,
} from './golden/golden-samples.ts';
import type { GoldenRow } from './golden/golden-samples.ts';
import { goldenTable } from './golden/golden-table.ts';
import { labelOutputOf } from './variants/measure-loss.ts';
import { packVariants } from './variants/pack-variants.ts';
import type { VariantOptions, VariantReport } from './variants/pack-variants.ts';
import { unwatchedOutputs } from './watched-outputs.ts';
import { calibrate, predictRows, readCalibration } from './rows/predict-rows.ts';
import type { Calibrated, CalibrationRows } from './rows/predict-rows.ts';
import { readCsv } from '../csv/read-csv.ts';
import type { CsvTable } from '../csv/read-csv.ts';
import {
  about,
  readBytes,
  readCardFile,
  readGovernanceFile,
  readLabels,
  readModel,
  readPipeline,
} from './read-files.ts';
import type { CardFile } from './read-files.ts';
import { checkAnswers, rehearse } from './rehearse.ts';
import { runModel } from './run-model.ts';
import { tabularFeeds } from './rows/tabular-feeds.ts';
import { withThreshold } from './with-threshold.ts';
import type { ThresholdOptions } from './with-threshold.ts';

/** Options of `pack()`. Texts are file paths unless stated otherwise. */
export interface PackOptions extends VariantOptions, ThresholdOptions, CsvTold {
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
   * CSV of labelled rows that the model was not trained on. `label` is the column with the truth.
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

/** A release before publication: the manifest, and every object by its path in a registry. */
export interface PackedRelease {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  readonly golden: readonly GoldenRow[];
  readonly backend: string;
  /** Bytes of the model that was packed, before conversion. */
  readonly modelBytes: number;
  /** Reports of the variants, in order. Empty if the model was packed unchanged. */
  readonly variants: readonly VariantReport[];
  /** Why variants were left out. */
  readonly dropped: readonly string[];
  /** Sentences about columns and rows of the CSVs that were left out. */
  readonly notes: readonly string[];
  /** Sentences about parts of the release that will not work. */
  readonly warnings: readonly string[];
  /** How the CSV of training rows was read, and how each column is used. */
  readonly csv?: PackedCsv;
  readonly calibration?: Pick<Calibrated['calibration'], 'rows' | 'leftOut' | 'accuracy'>;
}

export interface PackedCsv extends Pick<CsvTable, 'path' | 'delimiter' | 'decimal' | 'encoding'> {
  readonly rows: number;
  readonly columns: readonly ColumnUse[];
}

/**
 * Packs an ONNX file into a release. It runs the model here and loads the release once as a device
 * would. Packing fails if the model does not reproduce its golden samples, or if the pipeline does
 * not fit the model.
 * @param progress is called with the current step, in words
 * @throws CommandError, RegistryError, PerigeeError
 * @example
 * ```ts
 * const options = { model: 'digits.onnx', name: 'digits', version: '1.0.0' };
 * const release = await pack(options, console.log);
 * ```
 */
export async function pack(
  options: PackOptions,
  progress: (text: string) => void,
): Promise<PackedRelease> {
  progress('reading the model');
  if (options.reference !== undefined && options.referenceProfile !== undefined)
    throw new CommandError(
      'Give --reference or --reference-profile, not both: a release has one reference.',
    );
  if ((options.calibrate === undefined) !== (options.label === undefined))
    throw new CommandError(
      '--calibrate and --label go together: the rows, and their column with the truth.',
    );
  if (options.calibrate !== undefined && options.reference === undefined)
    throw new CommandError('--calibrate adds to a reference: give --reference too.');
  const model = await readModel(options.model);
  const csv =
    options.reference === undefined ? undefined : await readCsv(options.reference, options);
  const written =
    options.pipeline === undefined ? undefined : await readPipeline(options.pipeline, csv);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const pipeline = withThreshold(written?.pipeline, labels, options);
  const training = csv && (await trainingRows(csv, options, pipeline, labels, model.onnx.inputs));
  const given = await readReference(options.referenceProfile, pipeline, labels, model.onnx);
  const notes = [...(written?.notes ?? []), ...(training?.notes ?? [])];
  const warnings = warningsOn(options, training, pipeline, model.onnx);
  let calibrated: Pick<PackedRelease, 'calibration'> = {};
  const { card, license = card?.license, governance } = await descriptionOf(options);
  const { golden, rows, ...ran } = await goldenOf(
    model.files,
    options,
    training?.features,
    { pipeline, labels },
    progress,
  );
  const { backend } = ran;
  const signature = signatureOf(model.onnx, ran.signature);

  progress('cutting the files');
  const {
    variants: cutVariants,
    objects: cut,
    tolerances,
    reports,
    dropped,
  } = await packVariants(model, golden, labelOutputOf(pipeline, signature), options, progress);
  const variants = cutVariants.map((variant) => withLoss(variant, reports));
  const objects = new Map(cut);
  const add = async (bytes: Uint8Array): Promise<ObjectRef> => {
    const sha256 = await sha256Hex(bytes);
    objects.set(layout.blob(sha256), bytes);
    return { sha256, sizeBytes: bytes.byteLength };
  };
  const draft: Manifest = {
    schema: 'perigee-model/1',
    name: options.name,
    version: options.version,
    ...(options.description !== undefined && { description: options.description }),
    ...(license !== undefined && { license }),
    signature,
    ...(pipeline && { pipeline }),
    ...(labels && { labels }),
    ...(options.segments && { segments: options.segments }),
    variants,
    golden: {
      ...(await add(encodeJson(golden))),
      tolerance: { ...DEFAULT_TOLERANCE, ...tolerances },
    },
  };
  const finish = (manifest: Manifest): PackedRelease => {
    const manifestBytes = encodeJson(manifest);
    // Check that devices accept the manifest.
    const modelBytes = [...model.files.values()].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
    return {
      manifest: parseManifest(manifestBytes),
      manifestBytes,
      objects,
      golden: rows,
      backend,
      modelBytes,
      variants: reports,
      dropped,
      notes,
      warnings,
      ...(training && { csv: training.csv }),
      ...calibrated,
    };
  };
  progress('loading it as a device would');
  // Rehearse each of the others too, because a device may choose any of them.
  for (const other of variants.slice(1))
    await rehearse(
      finish({ ...draft, variants: [other, ...variants.filter((variant) => variant !== other)] }),
      (loaded) => checkAnswers(loaded, pipeline, labels),
    );
  const reference = await rehearse(finish(draft), async (loaded) => {
    await checkAnswers(loaded, pipeline, labels);
    if (!training) return given;
    progress('computing the reference');
    const { features } = training;
    if (pipeline?.preprocess[0]?.op !== 'tabular')
      return encodeJson(buildReference({ features: referenceColumns(features, pipeline) }));
    const { output, value } = await predictRows(loaded, features, labels);
    const calibrating = training.calibration && (await calibrate(loaded, training.calibration));
    const calibration = calibrating?.calibration;
    if (calibration) calibrated = { calibration };
    if (calibrating?.refused) {
      notes.push(
        `${training.calibration?.path}: ${calibrating.refused} rows that lack a feature were ` +
          'left out. The pipeline imputes none, so devices refuse them as well.',
      );
    }
    notes.push(
      ...unwatchedOutputs(pipeline, signature, {
        ...(output && { output }),
        ...(value && { value }),
      }),
    );
    return encodeJson(
      buildReference({
        features: referenceColumns(features, pipeline),
        ...(output && { output: { ...output, ...(calibration && { calibration }) } }),
        ...(value && { value }),
      }),
    );
  });
  return finish({
    ...draft,
    ...(reference && { reference: await add(reference) }),
    ...(card && { card: await add(card.bytes) }),
    ...(governance && { governance }),
  });
}

interface TrainingRows {
  readonly features: readonly ReferenceColumn[];
  readonly calibration?: CalibrationRows;
  readonly notes: readonly string[];
  readonly csv: PackedCsv;
}

function warningsOn(
  { reference, referenceProfile }: PackOptions,
  training: TrainingRows | undefined,
  pipeline: Pipeline | undefined,
  { inputs }: OnnxModel,
): string[] {
  if (reference === undefined && referenceProfile === undefined) return [];
  const numeric = training?.features.map(({ name }) => name) ?? [];
  const warning = warningOn(pipeline, inputs, numeric);
  return warning === undefined ? [] : [warning];
}

/** Reads the training rows before the model runs, so that a fault of a CSV is reported at once. */
async function trainingRows(
  table: CsvTable,
  options: PackOptions,
  pipeline: Pipeline | undefined,
  labels: readonly string[] | undefined,
  inputs: Signature['inputs'],
): Promise<TrainingRows> {
  const { exclude = [], calibrate: labelled, label = '' } = options;
  const found = featureColumns(table, pipeline, inputs, exclude);
  const { path, delimiter, decimal, encoding, rows } = table;
  const columns = columnUses(table, found, pipeline, exclude);
  const csv: PackedCsv = { path, delimiter, decimal, encoding, rows: rows.length, columns };
  const read = { features: found.columns, notes: [...table.notes, ...found.notes], csv };
  if (labelled === undefined) return read;
  const told = { ...options, inputs };
  const calibration = await readCalibration(labelled, label, pipeline, labels, told);
  return { ...read, calibration, notes: [...read.notes, ...calibration.notes] };
}

/**
 * The signature of the file. Outputs that are not tensors appear as the tensors that the SDK
 * returns for them.
 */
function signatureOf({ inputs, outputs, otherOutputs }: OnnxModel, opened: Signature): Signature {
  const inFile = (name: string) => outputs.find((one) => one.name === name);
  return {
    inputs,
    outputs:
      otherOutputs.length === 0 ? outputs : opened.outputs.map((one) => inFile(one.name) ?? one),
  };
}

function withLoss(variant: Variant, reports: readonly VariantReport[]): Variant {
  const loss = reports.find(({ id }) => id === variant.id)?.loss;
  return loss
    ? {
        ...variant,
        loss: {
          maxError: loss.maxError,
          meanError: loss.meanError,
          ...(loss.labelAgreement !== null && { labelsKept: loss.labelAgreement }),
        },
      }
    : variant;
}

/** Reads the description. The given licence and the governance file override the card. */
async function descriptionOf({ card: path, license, governance: file }: PackOptions): Promise<{
  readonly card?: CardFile;
  readonly license?: string;
  readonly governance?: Governance;
}> {
  const card = path === undefined ? undefined : await readCardFile(path);
  const written = file === undefined ? undefined : await readGovernanceFile(file);
  const governance = card?.governance || written ? { ...card?.governance, ...written } : undefined;
  return {
    ...(card && { card }),
    ...(license !== undefined && { license }),
    ...(governance && { governance }),
  };
}

async function goldenOf(
  files: ReadonlyMap<string, Uint8Array>,
  options: PackOptions,
  features: readonly ReferenceColumn[] | undefined,
  {
    pipeline,
    labels,
  }: {
    readonly pipeline: Pipeline | undefined;
    readonly labels: readonly string[] | undefined;
  },
  progress: (text: string) => void,
): Promise<{ golden: GoldenSamples; rows: GoldenRow[]; backend: string; signature: Signature }> {
  const { golden: path, goldenCount } = options;
  if (
    goldenCount !== undefined &&
    !(Number.isInteger(goldenCount) && goldenCount >= 1 && goldenCount <= MAX_GOLDEN_COUNT)
  )
    throw new CommandError(
      `The number of golden samples must be from 1 to ${MAX_GOLDEN_COUNT}; it is ${goldenCount}.`,
    );
  const model = await runModel(files);
  try {
    progress(`checking golden samples on ${model.backend}`);
    const given = path === undefined ? undefined : await readBytes(path);
    const golden =
      path !== undefined && given
        ? about(path, () => parseGolden(given))
        : await makeGolden(
            model,
            goldenCount,
            features &&
              (await tabularFeeds(
                features,
                {
                  name: options.name,
                  version: options.version,
                  signature: model.signature,
                  ...(pipeline && { pipeline }),
                  ...(labels && { labels }),
                },
                goldenCount ?? MAX_GOLDEN_COUNT,
              )),
          );
    const rows = await checkGolden(model, golden, DEFAULT_TOLERANCE.default);
    const failed = rows.filter(({ passed }) => !passed);
    if (failed.length > 0)
      throw new CommandError(
        `The model does not reproduce ${failed.length} of ${rows.length} golden outputs on ` +
          `${model.backend}:\n\n${goldenTable(failed)}`,
      );
    return { golden, rows, backend: model.backend, signature: model.signature };
  } finally {
    await model.close();
  }
}

/**
 * Reads a reference profile. Devices count by index, so its features and labels must be in the
 * model's order. Otherwise counts would be compared with the wrong feature.
 */
async function readReference(
  path: string | undefined,
  pipeline: Pipeline | undefined,
  labels: readonly string[] | undefined,
  { inputs }: Pick<Signature, 'inputs'>,
): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined;
  const bytes = await readBytes(path);
  const profile = about(path, () => parseReference(bytes));
  const watched = watchedFeatures(pipeline);
  const names = profile.features.map(({ name }) => name);
  if (watched && names.join() !== watched.join())
    throw new CommandError(
      `${path} has the features ${names.join(', ')}; the pipeline watches ` +
        `${watched.join(', ')}, in this order.`,
    );
  const words = pipeline && wordFeatures(pipeline, inputs);
  const isOther = ({ name, kind }: (typeof profile.features)[number]): boolean =>
    (kind === 'categorical') !== (words?.has(name) ?? false);
  const other = words && profile.features.find(isOther);
  if (other) {
    const [has, takes] =
      other.kind === 'numeric' ? ['numbers', 'words'] : ['categories', 'numbers'];
    throw new CommandError(
      `${path} has ${has} for "${other.name}"; the pipeline takes ${takes} for it.`,
    );
  }
  if (profile.output && labels && profile.output.labels.join() !== labels.join())
    throw new CommandError(
      `${path} has the labels ${profile.output.labels.join(', ')}; the model's are ` +
        `${labels.join(', ')}.`,
    );
  return bytes;
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
