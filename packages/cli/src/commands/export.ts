import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { ADMIN_KEY, adminHeaders } from '../guard/collector-client.ts';
import { modelName, oneOf, semanticVersion, time, webUrl } from './shared.ts';

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
    .description('write what a collector counted to a file, for pandas, Spark or DuckDB')
    .requiredOption('--collector <url>', 'where the collector listens', webUrl)
    .requiredOption('--model <name>', 'of which model', modelName)
    .requiredOption('--out <file>', 'the file to write')
    .option(
      '--format <format>',
      'parquet, or ndjson: one JSON object a line',
      oneOf(['parquet', 'ndjson']),
      'parquet',
    )
    .option('--version <version>', 'of one version only', semanticVersion)
    .option('--from <time>', 'ISO 8601, whole hours around it; default: 24 hours before --to', time)
    .option('--to <time>', 'ISO 8601; default: now', time)
    .option('--force', 'replace the file if there is one')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee export --collector http://127.0.0.1:4700 --model digits --out digits.parquet
  PERIGEE_COLLECTOR_KEY=… perigee export --collector https://collector.example.com \\
    --model digits --format ndjson --out november.ndjson --from 2026-11-01 --to 2026-11-30

A collector with an admin key wants it from the environment: PERIGEE_COLLECTOR_KEY. A command line
is seen by everyone on the machine.`,
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
      const bytes = await download(url, out, force === true);
      io.out(
        json ? JSON.stringify({ file: out, bytes }) : `${out}: ${bytes.toLocaleString('en')} bytes`,
      );
    });
};

/**
 * Downloads to a file beside the target and renames it when it is complete. An interrupted download
 * leaves nothing behind and keeps the existing file.
 */
async function download(url: URL, out: string, force: boolean): Promise<number> {
  const response = await fetch(url, { headers: adminHeaders(process.env[ADMIN_KEY]) }).catch(
    (cause: unknown) => {
      throw new CommandError(
        `${url.origin} cannot be reached: is the collector running there? (perigee collector)`,
        { cause },
      );
    },
  );
  if (!response.ok || !response.body) throw new CommandError(await told(response));
  const part = `${out}.${process.pid}.part`;
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.byteLength;
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(response.body as never),
      count,
      createWriteStream(part, { flags: 'wx' }),
    );
    if (!force) await refuseExisting(out);
    await rename(part, out);
  } catch (error) {
    await rm(part, { force: true });
    if (
      error instanceof CommandError ||
      (error instanceof Error && 'syscall' in error && 'path' in error)
    )
      throw error;
    throw new CommandError(
      `The collector's answer broke off after ${bytes} bytes; nothing was written. Its log ` +
        'says more.',
      { cause: error },
    );
  }
  return bytes;
}

async function refuseExisting(out: string): Promise<void> {
  const there = await stat(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (there) throw new CommandError(`${out} is there already; --force replaces it.`);
}

/** The collector's error message, if the answer has one. */
async function told(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    if (error?.message)
      return response.status === 401
        ? `${error.message} Give the collector's admin key in ${ADMIN_KEY}.`
        : error.message;
  } catch {
    // The message below covers this.
  }
  return (
    `${response.url} answered HTTP ${response.status}: is a collector of this version running ` +
    'there?'
  );
}
