import type { RegisterCommand } from '../command.ts';
import { MAX_GOLDEN_COUNT } from '../pack/golden-samples.ts';
import { pack } from '../pack/pack.ts';
import type { PackedRelease, PackOptions } from '../pack/pack.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { writeRelease } from '../publish/release-folder.ts';
import { DEFAULT_RELEASES, folderPath, modelName, semanticVersion, wholeNumber } from './shared.ts';

interface Options extends Omit<PackOptions, 'model'> {
  readonly out: string;
  readonly json?: boolean;
}

export const registerPack: RegisterCommand = (program, io) => {
  program
    .command('pack')
    .description('turn an ONNX model into a release: cut into chunks, described, checked')
    .argument('<model>', 'path of the .onnx file')
    .requiredOption('--name <name>', 'name of the model', modelName)
    .requiredOption('--version <version>', 'semantic version of this release', semanticVersion)
    .option('--out <folder>', 'where packed releases go', folderPath, DEFAULT_RELEASES)
    .option('--reference <csv>', 'training rows; their distribution is what drift is measured against')
    .option('--exclude <column...>', 'columns of the CSV that are no features')
    .option('--reference-profile <json>', 'a ready reference profile instead of a CSV')
    .option('--golden <json>', 'inputs with expected outputs')
    .option('--golden-count <n>', 'without --golden: how many to make by running the model on the first rows of a tabular model\'s CSV, else on seeded random inputs (default: 8, fewer for large inputs)', wholeNumber(1, MAX_GOLDEN_COUNT))
    .option('--pipeline <json>', 'pre- and postprocessing')
    .option('--labels <list>', 'class labels: a,b,c or a JSON file')
    .option('--variant-id <id>', 'name of this set of files (default: fp32, fp16 or int8, by its weights)', modelName)
    .option('--card <markdown>', 'model card')
    .option('--license <id>', 'SPDX licence id')
    .option('--description <text>', 'one sentence')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `
Examples:
  perigee pack model.onnx --name digits --version 1.2.0
  perigee pack model.onnx --name churn --version 1.0.0 --reference train.csv --exclude target \\
    --pipeline pipeline.json --labels stays,leaves --card README.md --license MIT`)
    .action(async (model: string, { out, json, ...options }: Options) => {
      const release = await pack({ ...options, model }, (step) => io.err(`… ${step}`));
      const folder = await writeRelease(out, release);
      io.out(json ? JSON.stringify(summary(release, folder)) : describe(release, folder));
      if (!json) io.err(`\nNext: perigee publish ${options.name}@${options.version} --to ./registry`);
    });
};

function summary({ manifest, golden, backend, modelBytes }: PackedRelease, folder: string): { readonly chunks: number; readonly wireBytes: number; readonly [field: string]: unknown } {
  const chunks = manifest.variants.flatMap((variant) => variant.chunks);
  return { name: manifest.name, version: manifest.version, folder, modelBytes, wireBytes: chunks.reduce((sum, chunk) => sum + chunk.wireBytes, 0), chunks: chunks.length, golden, backend };
}

function describe(release: PackedRelease, folder: string): string {
  const { manifest, golden, backend, modelBytes } = release;
  const { chunks, wireBytes } = summary(release, folder);
  const maxError = Math.max(0, ...golden.map((row) => row.maxError ?? 0));
  return table(['', ''], [
    ['release', `${manifest.name}@${manifest.version}`],
    ['folder', folder],
    ['model', `${humanBytes(modelBytes)}, variant ${manifest.variants.map(({ id }) => id).join(', ')}`],
    ['on the wire', `${humanBytes(wireBytes)} in ${chunks} chunks`],
    ['golden samples', `${golden.length} outputs reproduced on ${backend}, largest error ${maxError === 0 ? '0' : maxError.toExponential(1)}`],
    ['reference', manifest.reference ? humanBytes(manifest.reference.sizeBytes) : 'none: drift cannot be measured'],
  ]);
}
