import { basename } from 'node:path';
import type { Metric } from '@perigee/registry';
import { withCsv } from '../arguments/csv.ts';
import { releaseName } from '../arguments/names.ts';
import type { ReleaseName } from '../arguments/names.ts';
import { DEFAULT_RELEASES, folderPath } from '../arguments/places.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import type { CsvOptions } from '../csv/csv-options.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { writeMetrics } from '../evaluate/write-metrics.ts';
import { pack } from '../pack/pack.ts';
import { table } from '../print/table.ts';
import { heldRelease, readRelease } from '../publish/release-folder.ts';
import type { StoredRelease } from '../publish/release-folder.ts';

interface Options extends CsvOptions {
  readonly from: string;
  readonly data: string;
  readonly label: string;
  readonly slice?: string;
  readonly dataset?: string;
  readonly pipeline?: string;
  readonly labels?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** A packed release, or the path of an .onnx file. */
type Source = ReleaseName | string;

const HELP = `
A model with labels gets accuracy, and precision, recall and F1 averaged over the classes. Other
models get MSE, MAE and R².

Examples:
  perigee eval churn@1.0.0 --data held-out.csv --label target --slice country
  perigee eval churn@1.0.0 --data held-out.csv --label target --write
  perigee eval model.onnx --pipeline pipeline.json --labels stays,leaves --data held-out.csv \\
    --label target`;

export const registerEval: RegisterCommand = (program, io) => {
  const command = program
    .command('eval')
    .description('run a packed release or a model on labelled rows, and print its metrics')
    .argument('<release or model>', 'name@version, or the path of an .onnx file', (text: string) =>
      text.endsWith('.onnx') ? text : releaseName(text),
    )
    .requiredOption('--data <csv>', 'rows with the features, by name, and the ground truth')
    .requiredOption('--label <column>', 'column with the ground truth')
    .option('--slice <column>', 'also print the metrics for each value of this column')
    .option('--dataset <name>', 'name of the data in the metrics (default: name of the CSV)')
    .option(
      '--write',
      'write the metrics into the packed release, before it is published; they replace metrics ' +
        'that were typed by hand',
    )
    .option('--from <folder>', 'folder of packed releases', folderPath, DEFAULT_RELEASES)
    .option('--pipeline <json>', 'with an .onnx file: pre- and postprocessing')
    .option('--labels <list>', 'with an .onnx file: class labels, a,b,c or a JSON file')
    .option('--json', 'print as JSON, in the form of "metrics" in a governance file');
  withCsv(command)
    .addHelpText('after', HELP)
    .action(async (source: Source, options: Options) => {
      const { data, label, write = false, json = false, dataset = basename(data) } = options;
      if (write && typeof source === 'string')
        throw new CommandError(
          `--write needs a packed release, and ${source} is a model file. Pack it, then ` +
            'evaluate it by its name@version.',
        );
      const release = await releaseOf(source, options);
      const evaluation = await evaluate(release, {
        ...options,
        onRow: (done, total) => {
          if (done % 1_024 === 0 || done === total) io.err(`… ${done} of ${total} rows`);
        },
      });
      const metrics: Metric[] = evaluation.metrics.map((metric) => ({
        ...metric,
        dataset,
        measured: true,
      }));
      if (write) await writeMetrics(release, metrics);
      io.out(json ? JSON.stringify(metrics, null, 1) : metricsTable(metrics));
      for (const line of leftOut(evaluation, label)) io.err(line);
      if (write) io.err(`Written into ${release.folder.path}.`);
    });
};

async function releaseOf(
  source: Source,
  { from, pipeline, labels }: Options,
): Promise<StoredRelease> {
  if (typeof source === 'string')
    return heldRelease(
      await pack(
        {
          model: source,
          name: 'model',
          version: '0.0.0',
          ...(pipeline !== undefined && { pipeline }),
          ...(labels !== undefined && { labels }),
        },
        () => undefined,
      ),
    );
  if (pipeline !== undefined || labels !== undefined)
    throw new CommandError(
      'A packed release has its own pipeline and labels: leave out --pipeline and --labels.',
    );
  return readRelease(from, source.name, source.version);
}

function metricsTable(metrics: readonly Metric[]): string {
  return table(
    ['metric', 'value', 'slice', 'rows'],
    metrics.map(({ name, value, slice = 'all', rows = '' }) => [
      name,
      value.toFixed(4),
      slice,
      rows,
    ]),
  );
}

function leftOut({ withoutGroundTruth, refused, notes }: Evaluation, label: string): string[] {
  return [
    ...notes,
    ...(withoutGroundTruth > 0
      ? [`Left out: ${withoutGroundTruth} rows without a ground truth in "${label}".`]
      : []),
    ...(refused > 0
      ? [
          `Left out: ${refused} rows that lack a feature. The pipeline does not impute it, so ` +
            'devices refuse such rows as well.',
        ]
      : []),
  ];
}
