import type { RegisterCommand } from '../command.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { table } from '../print/table.ts';
import { readRelease } from '../publish/release-folder.ts';
import { DEFAULT_RELEASES, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

interface Options {
  readonly from: string;
  readonly data: string;
  readonly label: string;
  readonly slice?: string;
  readonly json?: boolean;
}

export const registerEval: RegisterCommand = (program, io) => {
  program
    .command('eval')
    .description('run a packed release on labelled rows, through its own pipeline, and print its metrics')
    .argument('<release>', 'name@version', releaseName)
    .requiredOption('--data <csv>', 'rows with the features by name and the truth')
    .requiredOption('--label <column>', 'the column with the truth')
    .option('--slice <column>', 'print the metrics of each value of this column too')
    .option('--from <folder>', 'where packed releases are', DEFAULT_RELEASES)
    .option('--json', 'print as JSON, as "metrics" of a governance file takes it')
    .addHelpText('after', `
Examples:
  perigee eval churn@1.0.0 --data held-out.csv --label target --slice country
  perigee eval churn@1.0.0 --data held-out.csv --label target --json`)
    .action(async ({ name, version }: ReleaseName, { from, data, label, slice, json }: Options) => {
      const metrics = await evaluate(await readRelease(from, name, version), {
        data, label, ...(slice !== undefined && { slice }),
        onRow: (done, total) => {
          if (done % 100 === 0 || done === total) io.err(`… ${done} of ${total} rows`);
        },
      });
      io.out(json ? JSON.stringify(metrics.map((metric) => ({ ...metric, dataset: data.split(/[\\/]/).at(-1) })), null, 1) : table(['metric', 'value', 'slice'], metrics.map((metric) => [metric.name, metric.value.toFixed(4), metric.slice ?? 'all'])));
    });
};
