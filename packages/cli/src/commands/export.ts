import { modelName, semanticVersion } from '../arguments/names.ts';
import { webUrl } from '../arguments/places.ts';
import { oneOf, time } from '../arguments/values.ts';
import type { RegisterCommand } from '../command.ts';
import { downloadExport, refuseExisting } from '../export/download-export.ts';
import { ADMIN_KEY } from '../guard/collector-client.ts';

interface Options {
  readonly collector: string;
  readonly model: string;
  readonly format: 'parquet' | 'ndjson';
  readonly out: string;
  readonly version?: string;
  readonly from?: string;
  readonly to?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export const registerExport: RegisterCommand = (program, io) => {
  program
    .command('export')
    .description("write a collector's counts to a file, for pandas, Spark or DuckDB")
    .requiredOption('--collector <url>', 'URL of the collector', webUrl)
    .requiredOption('--model <name>', 'name of the model', modelName)
    .requiredOption('--out <file>', 'file to write')
    .option(
      '--format <format>',
      'parquet, or ndjson: one JSON object for each line',
      oneOf(['parquet', 'ndjson']),
      'parquet',
    )
    .option('--version <version>', 'only this version (default: all versions)', semanticVersion)
    .option(
      '--from <time>',
      'start, ISO 8601; its whole hour is included (default: 24 hours before --to)',
      time,
    )
    .option('--to <time>', 'end, ISO 8601; its whole hour is included (default: now)', time)
    .option('--force', 'replace the file if it exists')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
The admin key of the collector is read from ${ADMIN_KEY}, because other users of the
machine can see a command line.

Examples:
  perigee export --collector http://127.0.0.1:4700 --model digits --out digits.parquet
  PERIGEE_COLLECTOR_KEY=… perigee export --collector https://collector.example.com \\
    --model digits --format ndjson --out november.ndjson --from 2026-11-01 --to 2026-11-30`,
    )
    .action(async ({ collector, model, format, out, version, from, to, force, json }: Options) => {
      // Check before the download, so that a long download is not wasted. The check is repeated
      // when the file is complete.
      if (!force) await refuseExisting(out);
      const url = new URL(
        `v1/models/${encodeURIComponent(model)}/export`,
        collector.endsWith('/') ? collector : `${collector}/`,
      );
      for (const [key, value] of Object.entries({ format, version, from, to }))
        if (value !== undefined) url.searchParams.set(key, value);
      const bytes = await downloadExport(url, out, force === true);
      io.out(
        json ? JSON.stringify({ file: out, bytes }) : `${out}: ${bytes.toLocaleString('en')} bytes`,
      );
    });
};
