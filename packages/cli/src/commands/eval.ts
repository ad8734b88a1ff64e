import { basename } from 'node:path';
import type { Metric } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { addCsvOptions } from '../csv/told.ts';
import type { CsvTold } from '../csv/told.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { writeMetrics } from '../evaluate/write-metrics.ts';
import { pack } from '../pack/pack.ts';
import { table } from '../print/table.ts';
import { heldRelease, readRelease } from '../publish/release-folder.ts';
import type { StoredRelease } from '../publish/release-folder.ts';
import { DEFAULT_RELEASES, folderPath, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

interface Options extends CsvTold {
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

export const registerEval: RegisterCommand = (program, io) => {
  const command = program
    .command('eval')
    .description(
      'run a packed release, or a model, on labelled rows through its own pipeline, and ' +
        'print its metrics',
    )
    .argument('<release or model>', 'name@version, or the path of an .onnx file', (text: string) =>
      text.endsWith('.onnx') ? text : releaseName(text),
    )
    .requiredOption('--data <csv>', 'rows with the features by name and the truth')
    .requiredOption('--label <column>', 'the column with the truth')
    .option('--slice <column>', 'print the metrics of each value of this column too')
    .option('--dataset <name>', 'what the metrics call the data (default: the name of the CSV)')
    .option(
      '--write',
      'put them into the packed release, in place of the same ones typed by hand; do it ' +
        'before publishing',
    )
    .option('--from <folder>', 'where packed releases are', folderPath, DEFAULT_RELEASES)
    .option('--pipeline <json>', 'of an .onnx file: pre- and postprocessing')
    .option('--labels <list>', 'of an .onnx file: a,b,c or a JSON file')
    .option('--json', 'print as JSON, as "metrics" of a governance file takes it');
  addCsvOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  perigee eval churn@1.0.0 --data held-out.csv --label target --slice country
  perigee eval churn@1.0.0 --data held-out.csv --label target --write
  perigee eval model.onnx --pipeline pipeline.json --labels stays,leaves --data held-out.csv \\
    --label target

With labels or "top-k": accuracy, and precision, recall and F1 averaged over the classes.
Otherwise: MSE, MAE, R².`,
    )
    .action(async (what: ReleaseName | string, options: Options) => {
      const { data, label, write, json, dataset = basename(data) } = options;
      if (write && typeof what === 'string')
        throw new CommandError(
          `--write puts metrics into a packed release, and ${what} is none: pack it, then ` +
            'evaluate it by its name@version.',
        );
      const release = await releaseOf(what, options);
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
      io.out(
        json
          ? JSON.stringify(metrics, null, 1)
          : table(
              ['metric', 'value', 'slice', 'rows'],
              metrics.map((metric) => [
                metric.name,
                metric.value.toFixed(4),
                metric.slice ?? 'all',
                metric.rows ?? '',
              ]),
            ),
      );
      for (const line of leftOut(evaluation, label)) io.err(line);
      if (write) io.err(`Written into ${release.folder.path}.`);
    });
};

async function releaseOf(
  what: ReleaseName | string,
  { from, pipeline, labels }: Options,
): Promise<StoredRelease> {
  if (typeof what === 'string')
    return heldRelease(
      await pack(
        {
          model: what,
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
  return readRelease(from, what.name, what.version);
}

function leftOut({ withoutTruth, refused, notes }: Evaluation, label: string): string[] {
  return [
    ...notes,
    ...(withoutTruth > 0 ? [`Left out: ${withoutTruth} rows without a truth in "${label}".`] : []),
    ...(refused > 0
      ? [
          `Left out: ${refused} rows that lack a feature; the pipeline imputes none, so ` +
            'devices refuse them as well.',
        ]
      : []),
  ];
}
