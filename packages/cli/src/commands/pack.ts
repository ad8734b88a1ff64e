import type { RegisterCommand } from '../command.ts';
import { pack } from '../pack/pack.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { writeRelease } from '../publish/release-folder.ts';
import { DEFAULT_RELEASES, optional } from './shared.ts';

interface Options {
  readonly name: string;
  readonly version: string;
  readonly out: string;
  readonly exclude: readonly string[];
  readonly goldenCount: string;
  readonly json?: boolean;
  readonly [option: string]: unknown;
}

export const registerPack: RegisterCommand = (program, io) => {
  program
    .command('pack')
    .description('turn an ONNX model into a release: cut into chunks, described, checked')
    .argument('<model>', 'path of the .onnx file')
    .requiredOption('--name <name>', 'name of the model')
    .requiredOption('--version <version>', 'semantic version of this release')
    .option('--out <folder>', 'where packed releases go', DEFAULT_RELEASES)
    .option('--reference <csv>', 'training rows; their distribution is what drift is measured against')
    .option('--exclude <column...>', 'columns of the CSV that are no features', [])
    .option('--reference-profile <json>', 'a ready reference profile instead of a CSV')
    .option('--golden <json>', 'inputs with expected outputs')
    .option('--golden-count <n>', 'without --golden: how many to make by running the model on seeded random inputs', '8')
    .option('--pipeline <json>', 'pre- and postprocessing')
    .option('--labels <list>', 'class labels: a,b,c or a JSON file')
    .option('--variant-id <id>', 'name of this set of files', 'fp32')
    .option('--card <markdown>', 'model card')
    .option('--license <id>', 'SPDX licence id')
    .option('--description <text>', 'one sentence')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `
Examples:
  perigee pack model.onnx --name digits --version 1.2.0
  perigee pack model.onnx --name churn --version 1.0.0 --reference train.csv --exclude target \\
    --pipeline pipeline.json --labels stays,leaves --card README.md --license MIT`)
    .action(async (model: string, options: Options) => {
      const text = (name: string) => optional(name, options[name]);
      const release = await pack({
        model,
        name: options.name,
        version: options.version,
        exclude: options.exclude,
        goldenCount: Number(options.goldenCount),
        ...text('reference'), ...text('referenceProfile'), ...text('golden'), ...text('pipeline'), ...text('labels'), ...text('variantId'), ...text('card'), ...text('license'), ...text('description'),
      }, (step) => io.err(`… ${step}`));
      const folder = await writeRelease(options.out, release);
      const [variant] = release.manifest.variants;
      const wireBytes = variant?.chunks.reduce((sum, chunk) => sum + chunk.wireBytes, 0) ?? 0;
      const maxError = Math.max(0, ...release.golden.map((row) => row.maxError));
      if (options.json) return io.out(JSON.stringify({ name: options.name, version: options.version, folder, modelBytes: release.modelBytes, wireBytes, chunks: variant?.chunks.length ?? 0, golden: release.golden, backend: release.backend }));
      io.out(table(['', ''], [
        ['release', `${options.name}@${options.version}`],
        ['folder', folder],
        ['model', humanBytes(release.modelBytes)],
        ['on the wire', `${humanBytes(wireBytes)} in ${variant?.chunks.length ?? 0} chunks`],
        ['golden samples', `${release.golden.length} outputs reproduced on ${release.backend}, largest error ${maxError.toExponential(1)}`],
        ['reference', release.manifest.reference ? 'yes' : 'none: drift cannot be measured'],
      ]));
      io.err(`\nNext: perigee publish ${options.name}@${options.version} --to ./registry`);
    });
};
