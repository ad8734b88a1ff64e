import type { Command } from 'commander';
import { withCsv } from '../arguments/csv.ts';
import { modelName, semanticVersion } from '../arguments/names.ts';
import { DEFAULT_RELEASES, folderPath } from '../arguments/places.ts';
import { listOf, share, wholeNumber } from '../arguments/values.ts';
import type { Io, RegisterCommand } from '../command.ts';
import { MAX_GOLDEN_COUNT } from '../pack/golden/golden-samples.ts';
import type { PackOptions } from '../pack/pack-options.ts';
import { pack } from '../pack/pack.ts';
import type { PackedRelease } from '../pack/packed-release.ts';
import { releaseText, summarizeRelease } from '../pack/release-text.ts';
import { VARIANT_KINDS } from '../pack/variants/variant-kinds.ts';
import type { VariantKind } from '../pack/variants/variant-kinds.ts';
import { writeRelease } from '../publish/release-folder.ts';

interface Options extends Omit<PackOptions, 'model'> {
  readonly out: string;
  readonly json?: boolean;
}

const HELP = `
Kinds of variants:
  fp32          the model as it is
  fp16          weights stored as float16: half the bytes
  int8          weights stored as int8, with a scale for each channel: a quarter of the bytes
  int8-dynamic  integer matrix products with weights of seven bits: faster on wasm for models that
                consist of them
The first three compute in float32 on every backend. Each variant runs on the golden samples. Its
error is printed and limited by --max-loss, and devices check it with a tolerance that allows the
error.

Examples:
  perigee pack model.onnx --name digits --version 1.2.0
  perigee pack model.onnx --name churn --version 1.0.0 --reference train.csv --exclude target \\
    --pipeline pipeline.json --labels stays,leaves --card README.md --license MIT
  perigee pack score.onnx --name churn --version 1.0.0 --reference train.csv --exclude target \\
    --pipeline pipeline.json --labels stays,leaves --positive leaves --threshold 0.3
  perigee pack model.onnx --name birds --version 2.0.0 --variants fp32,fp16,int8 --optimize`;

export const registerPack: RegisterCommand = (program, io) => {
  const command = program
    .command('pack')
    .description('turn an ONNX model into a release, and check it as a device would')
    .argument('<model>', 'path of the .onnx file');
  addReleaseOptions(command);
  addPipelineOptions(command);
  addRowOptions(command);
  addGoldenOptions(command);
  addVariantOptions(command);
  command
    .addHelpText('after', HELP)
    .action(async (model: string, { out, json = false, ...options }: Options) => {
      const release = await pack({ ...options, model }, (step) => io.err(`… ${step}`));
      const folder = await writeRelease(out, release);
      io.out(
        json ? JSON.stringify(summarizeRelease(release, folder)) : releaseText(release, folder),
      );
      printNotes(release, io);
      if (!json)
        io.err(`\nNext: perigee publish ${options.name}@${options.version} --to ./registry`);
    });
};

function addReleaseOptions(command: Command): void {
  command
    .requiredOption('--name <name>', 'name of the model', modelName)
    .requiredOption('--version <version>', 'semantic version of this release', semanticVersion)
    .option('--out <folder>', 'folder of packed releases', folderPath, DEFAULT_RELEASES)
    .option('--json', 'print the result as JSON')
    .optionsGroup('Description:')
    .option('--description <text>', 'one sentence about the model')
    .option('--license <id>', "SPDX licence id (default: the card's)")
    .option(
      '--card <markdown>',
      'model card; license, base_model, datasets and the results of model-index are read from ' +
        'its front matter, as on the Hugging Face Hub',
    )
    .option(
      '--governance <json>',
      'file with owner, intendedUse, outOfScopeUse, metrics, datasets, baseModel, codeCommit, ' +
        'trainedWith and quantization; its fields override those of the card',
    );
}

function addPipelineOptions(command: Command): void {
  command
    .optionsGroup('Pipeline:')
    .option('--pipeline <json>', 'file with the steps before and after the model')
    .option('--labels <list>', 'class labels: a,b,c or a JSON file')
    .option(
      '--positive <label>',
      'for a model with one score: label whose probability it is (default: the second label)',
    )
    .option(
      '--threshold <share>',
      'for a model with one score: lowest probability of that label (default: 0.5)',
      share,
    )
    .option('--logit', 'for a model with one score: the score is a logit; apply the sigmoid');
}

function addRowOptions(command: Command): void {
  command
    .optionsGroup('Training data:')
    .option('--reference <csv>', 'training rows; drift is measured against their distribution')
    .option('--exclude <column...>', 'columns of the CSV that are not features')
    .option(
      '--reference-profile <json>',
      'finished reference profile, instead of the training rows',
    )
    .option(
      '--calibrate <csv>',
      'labelled rows that the model was not trained on; they tell how likely an answer is right ' +
        'by its score, so that accuracy can be estimated without feedback',
    )
    .option('--label <column>', 'with --calibrate: column with the ground truth')
    .option(
      '--segments <list>',
      'words for groups of users that an app may add to its telemetry, like free,paid',
      (text: string) => text.split(',').map((word) => word.trim()),
    );
  withCsv(command);
}

function addGoldenOptions(command: Command): void {
  command
    .optionsGroup('Golden samples:')
    .option('--golden <json>', 'file with inputs and expected outputs (default: they are made)')
    .option(
      '--golden-count <n>',
      'number of samples to make, from the first training rows of a tabular model or from ' +
        'seeded random inputs (default: 8, fewer for large inputs)',
      wholeNumber(1, MAX_GOLDEN_COUNT),
    );
}

function addVariantOptions(command: Command): void {
  command
    .optionsGroup('Variants:')
    .option(
      '--variants <list>',
      `variants to make, the preferred one first: ${VARIANT_KINDS.join(', ')}`,
      listOf<VariantKind>(VARIANT_KINDS),
    )
    .option(
      '--variant-id <id>',
      'without --variants: name of the variant (default: fp32, fp16 or int8, by its weights)',
      modelName,
    )
    .option(
      '--optimize',
      "optimise the graph with ONNX Runtime's optimiser, so that devices need not (needs " +
        'onnxruntime-node)',
    )
    .option(
      '--max-loss <share>',
      'largest loss of a variant: share of golden rows with another label; without labels, the ' +
        "largest error as a share of the output's largest value (default: 0.01, without labels " +
        '0.05 for int8)',
      share,
    )
    .option(
      '--drop-bad-variants',
      'leave out variants that lose more or cannot be made, instead of failing',
    );
}

function printNotes({ dropped, notes, warnings }: PackedRelease, io: Io): void {
  for (const reason of dropped) io.err(`Left out: ${reason}`);
  for (const note of notes) io.err(note);
  for (const warning of warnings) io.err(`\n⚠ ${warning}`);
}
