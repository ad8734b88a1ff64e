import { pathToFileURL } from 'node:url';
import { parseGolden } from '@perigee/registry';
import type { GoldenSamples, Signature } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import type { PackOptions } from '../pack-options.ts';
import { readBytes, withFileName } from '../read-files.ts';
import type { PackInputs } from '../read-inputs.ts';
import { tabularFeeds } from '../rows/tabular-feeds.ts';
import { runModel } from '../run-model.ts';
import type { RunningModel } from '../run-model.ts';
import { checkGolden, DEFAULT_TOLERANCE, makeGolden, MAX_GOLDEN_COUNT } from './golden-samples.ts';
import type { GoldenRow } from './golden-samples.ts';
import { goldenTable } from './golden-table.ts';

export interface CheckedGolden {
  readonly samples: GoldenSamples;
  /** How well the model reproduces each output. */
  readonly rows: readonly GoldenRow[];
  /** The backend that ran them. */
  readonly backend: string;
  /** The signature that the SDK gives the model. */
  readonly signature: Signature;
}

/**
 * Reads the golden samples or makes them, and runs the model on them.
 * @throws CommandError when the model does not reproduce them
 */
export async function packGolden(
  inputs: PackInputs,
  options: PackOptions,
  progress: (text: string) => void,
): Promise<CheckedGolden> {
  const { golden: path, goldenCount } = options;
  checkCount(goldenCount);
  const model = await runModel(pathToFileURL(options.model));
  const { backend, signature } = model;
  try {
    progress(`checking golden samples on ${backend}`);
    const samples =
      path === undefined
        ? await makeGolden(model, goldenCount, await realFeeds(model, inputs, options))
        : await readGolden(path);
    const rows = await checkGolden(model, samples, DEFAULT_TOLERANCE.default);
    const failed = rows.filter(({ passed }) => !passed);
    if (failed.length > 0)
      throw new CommandError(
        `The model does not reproduce ${failed.length} of ${rows.length} golden outputs on ` +
          `${backend}:\n\n${goldenTable(failed)}`,
      );
    return { samples, rows, backend, signature };
  } finally {
    await model.close();
  }
}

function checkCount(count: number | undefined): void {
  if (count === undefined) return;
  if (Number.isInteger(count) && count >= 1 && count <= MAX_GOLDEN_COUNT) return;
  throw new CommandError(
    `The number of golden samples must be from 1 to ${MAX_GOLDEN_COUNT}; it is ${count}.`,
  );
}

async function readGolden(path: string): Promise<GoldenSamples> {
  const bytes = await readBytes(path);
  return withFileName(path, () => parseGolden(bytes));
}

/** Feeds of the first training rows. Undefined without training rows. */
async function realFeeds(
  { signature }: RunningModel,
  { training, pipeline, labels }: PackInputs,
  { name, version, goldenCount = MAX_GOLDEN_COUNT }: PackOptions,
): Promise<Awaited<ReturnType<typeof tabularFeeds>> | undefined> {
  if (!training) return undefined;
  const source = {
    name,
    version,
    signature,
    ...(pipeline && { pipeline }),
    ...(labels && { labels }),
  };
  return tabularFeeds(training.features, source, goldenCount);
}
