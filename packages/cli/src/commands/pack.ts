import type { RegisterCommand } from '../command.ts';
import { addCsvOptions } from '../csv/told.ts';
import { csvTable } from '../pack/rows/csv-table.ts';
import { MAX_GOLDEN_COUNT } from '../pack/golden/golden-samples.ts';
import { pack } from '../pack/pack.ts';
import type { PackedRelease, PackOptions } from '../pack/pack.ts';
import { VARIANT_KINDS } from '../pack/variants/variant-kinds.ts';
import type { VariantKind } from '../pack/variants/variant-kinds.ts';
import { variantTable } from '../pack/variants/variant-table.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { writeRelease } from '../publish/release-folder.ts';
import {
  DEFAULT_RELEASES,
  folderPath,
  listOf,
  modelName,
  semanticVersion,
  share,
  wholeNumber,
} from './shared.ts';

interface Options extends Omit<PackOptions, 'model'> {
  readonly out: string;
  readonly json?: boolean;
}

const HELP = `
Examples:
  perigee pack model.onnx --name digits --version 1.2.0
  perigee pack model.onnx --name churn --version 1.0.0 --reference train.csv --exclude target \\
    --pipeline pipeline.json --labels stays,leaves --card README.md --license MIT
  perigee pack score.onnx --name churn --version 1.0.0 --reference train.csv --exclude target \\
    --pipeline pipeline.json --labels stays,leaves --positive leaves --threshold 0.3
  perigee pack model.onnx --name birds --version 2.0.0 --variants fp32,fp16,int8 --optimize

Variants:
  fp32          the model as it is
  fp16          weights stored as float16, half the bytes
  int8          weights stored as int8 with a scale for each channel, a quarter of the bytes
  int8-dynamic  matrix products in integers, weights of seven bits: faster on wasm for models made
                of them
All but the last compute in float32 on every backend. Each is run on the golden samples; what it is
off by is shown, bounded by --max-loss, and admitted by the tolerance of its own that devices check
it with.`;

export const registerPack: RegisterCommand = (program, io) => {
  const command = program
    .command('pack')
    .description('turn an ONNX model into a release: cut into chunks, described, checked')
    .argument('<model>', 'path of the .onnx file')
    .requiredOption('--name <name>', 'name of the model', modelName)
    .requiredOption('--version <version>', 'semantic version of this release', semanticVersion)
    .option('--out <folder>', 'where packed releases go', folderPath, DEFAULT_RELEASES)
    .option(
      '--reference <csv>',
      'training rows; their distribution is what drift is measured against',
    )
    .option('--exclude <column...>', 'columns of the CSV that are no features')
    .option(
      '--calibrate <csv>',
      'labelled rows the model was not trained on: how likely an answer is right by its ' +
        'score, for estimates of accuracy where no truth comes back',
    )
    .option('--label <column>', 'with --calibrate: its column with the truth')
    .option(
      '--segments <list>',
      'words an app may give its telemetry to tell groups of users apart: free,paid',
      (text: string) => text.split(',').map((word) => word.trim()),
    )
    .option('--reference-profile <json>', 'a ready reference profile instead of a CSV')
    .option('--golden <json>', 'inputs with expected outputs')
    .option(
      '--golden-count <n>',
      'without --golden: how many to make by running the model on the first rows of a ' +
        "tabular model's CSV, else on seeded random inputs (default: 8, fewer for large " +
        'inputs)',
      wholeNumber(1, MAX_GOLDEN_COUNT),
    )
    .option('--pipeline <json>', 'pre- and postprocessing')
    .option('--labels <list>', 'class labels: a,b,c or a JSON file')
    .option(
      '--positive <label>',
      'of a model with one score: the label whose probability it is (default: the second)',
    )
    .option(
      '--threshold <share>',
      'of a model with one score: from which probability on it is that label (default: 0.5)',
      share,
    )
    .option(
      '--logit',
      'of a model with one score: it is a logit, so the probability is its sigmoid',
    )
    .option(
      '--variant-id <id>',
      'name of this set of files (default: fp32, fp16 or int8, by its weights)',
      modelName,
    )
    .option(
      '--variants <list>',
      'what to make of the model, in the order in which devices should take them: ' +
        `${VARIANT_KINDS.join(', ')}`,
      listOf<VariantKind>(VARIANT_KINDS),
    )
    .option(
      '--optimize',
      "put the graph through ONNX Runtime's optimiser, so that devices need not (needs " +
        'onnxruntime-node)',
    )
    .option(
      '--max-loss <share>',
      'what a variant may lose: golden rows with another label, or without labels the ' +
        "largest error as a share of the output's largest value (default: 0.01, without labels " +
        '0.05 for int8)',
      share,
    )
    .option(
      '--drop-bad-variants',
      'leave out variants that lose more or cannot be made, instead of failing',
    )
    .option(
      '--card <markdown>',
      'model card; of front matter as on the Hugging Face Hub, license, base_model, datasets ' +
        'and the results of model-index are taken',
    )
    .option(
      '--governance <json>',
      'owner, intendedUse, outOfScopeUse, metrics, datasets, baseModel, codeCommit, ' +
        'trainedWith, quantization; stands for what the card says of the same',
    )
    .option('--license <id>', "SPDX licence id (default: the card's)")
    .option('--description <text>', 'one sentence')
    .option('--json', 'print the result as JSON');
  addCsvOptions(command)
    .addHelpText('after', HELP)
    .action(async (model: string, { out, json, ...options }: Options) => {
      const release = await pack({ ...options, model }, (step) => io.err(`… ${step}`));
      const folder = await writeRelease(out, release);
      io.out(json ? JSON.stringify(summary(release, folder)) : describe(release, folder));
      for (const reason of release.dropped) io.err(`Left out: ${reason}`);
      for (const note of release.notes) io.err(note);
      for (const warning of release.warnings) io.err(`\n⚠ ${warning}`);
      if (!json)
        io.err(`\nNext: perigee publish ${options.name}@${options.version} --to ./registry`);
    });
};

function summary(
  release: PackedRelease,
  folder: string,
): { readonly chunks: number; readonly wireBytes: number; readonly [field: string]: unknown } {
  const { manifest, golden, backend, modelBytes, variants, dropped, notes, warnings } = release;
  const { csv, calibration } = release;
  const chunks = manifest.variants.flatMap((variant) => variant.chunks);
  return {
    name: manifest.name,
    version: manifest.version,
    folder,
    modelBytes,
    wireBytes: chunks.reduce((sum, chunk) => sum + chunk.wireBytes, 0),
    chunks: chunks.length,
    golden,
    backend,
    variants,
    dropped,
    notes,
    warnings,
    ...(csv && { csv }),
    ...(calibration && { calibration: shown(calibration) }),
  };
}

function describe(release: PackedRelease, folder: string): string {
  const { manifest, golden, backend, modelBytes, variants, csv, calibration } = release;
  const { chunks, wireBytes } = summary(release, folder);
  const maxError = Math.max(0, ...golden.map((row) => row.maxError ?? 0));
  const variantIds = manifest.variants.map(({ id }) => id).join(', ');
  const described = table(
    ['', ''],
    [
      ['release', `${manifest.name}@${manifest.version}`],
      ['folder', folder],
      [
        'model',
        `${humanBytes(modelBytes)}, ` +
          `${manifest.variants.length > 1 ? 'variants' : 'variant'} ${variantIds}`,
      ],
      [
        'on the wire',
        `${humanBytes(wireBytes)} in ` +
          `${chunks} chunks${manifest.variants.length > 1 ? ', all variants' : ''}`,
      ],
      [
        'golden samples',
        `${golden.length} outputs reproduced on ${backend}, largest error ` +
          `${maxError === 0 ? '0' : maxError.toExponential(1)}`,
      ],
      [
        'reference',
        manifest.reference
          ? humanBytes(manifest.reference.sizeBytes)
          : 'none: drift cannot be measured',
      ],
      ...(calibration ? [['calibration', calibrationText(calibration)]] : []),
    ],
  );
  const parts = csv ? [described, csvTable(csv)] : [described];
  if (variants.length === 0) return parts.join('\n\n');
  return (
    `${parts.join('\n\n')}\n\n${variantTable(variants)}\n(errors: the worst on ` +
    `${variants[0]?.backends.join(' and ')}; times: of a session on wasm with one thread)`
  );
}

type Calibration = NonNullable<PackedRelease['calibration']>;

function shown({ rows, leftOut, accuracy }: Calibration): Calibration {
  return { rows, ...(leftOut !== undefined && { leftOut }), accuracy };
}

function calibrationText({ rows, leftOut = 0, accuracy }: Calibration): string {
  return `${rows} rows, ${(100 * accuracy).toFixed(1)} % answered right; ${leftOut} rows left out`;
}
