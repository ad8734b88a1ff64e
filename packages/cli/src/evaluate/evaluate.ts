import type { Metric } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { PackedRelease } from '../pack/pack.ts';
import { readCsv } from '../pack/read-csv.ts';
import { rehearse } from '../pack/rehearse.ts';
import type { StoredRelease } from '../publish/release-folder.ts';
import { classificationScores, regressionScores } from './scores.ts';
import type { Answered } from './scores.ts';

export interface EvaluateOptions {
  /** CSV with the features by name. */
  readonly data: string;
  /** Its column with the truth. */
  readonly label: string;
  /** A column whose values part the rows. */
  readonly slice?: string;
  readonly onRow?: (done: number, total: number) => void;
}

/**
 * A packed release on labelled rows, through its own pipeline, as a device would run it. The overall metrics first, then those of each slice.
 * @throws CommandError for a release without a tabular pipeline, or a CSV without the column
 */
export async function evaluate(release: StoredRelease, { data, label, slice, onRow = () => undefined }: EvaluateOptions): Promise<Metric[]> {
  const { manifest } = release;
  if (manifest.pipeline?.preprocess[0]?.op !== 'tabular') throw new CommandError(`${manifest.name}@${manifest.version} has no tabular pipeline, so rows of a CSV cannot be its input. Evaluate it in a script with loadModel().`);
  const csv = await readCsv(data);
  const missing = [label, slice].find((name) => name !== undefined && !csv.columns.includes(name));
  if (missing !== undefined) throw new CommandError(`${data} has no column "${missing}". It has: ${csv.columns.join(', ')}.`);
  const rows: Answered[] = [];
  await rehearse(await packedOf(release), async (model) => {
    for (const [i, cells] of csv.rows.entries()) {
      const record = Object.fromEntries(csv.columns.map((name, at) => [name, cells[at] ?? ''] as const));
      const features = Object.entries(record).filter(([name]) => name !== label && name !== slice).map(([name, text]) => [name, numberOrText(text)]);
      const { output, outputs } = await model.predict(Object.fromEntries(features));
      const answer = 'label' in output ? String(output.label) : String(Object.values(outputs)[0]?.data[0]);
      rows.push({ truth: record[label] ?? '', answer, ...(slice !== undefined && { slice: record[slice] ?? '' }) });
      onRow(i + 1, csv.rows.length);
    }
  });
  const score = manifest.labels ? classificationScores : regressionScores;
  const slices = [...new Set(rows.map((row) => row.slice))].filter((name) => name !== undefined).toSorted();
  return [...score(rows), ...slices.flatMap((name) => score(rows.filter((row) => row.slice === name)).map((metric) => ({ ...metric, slice: `${slice} = ${name}` })))];
}

function numberOrText(text: string): number | string {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? text : value;
}

async function packedOf({ manifest, manifestBytes, objects, folder }: StoredRelease): Promise<PackedRelease> {
  const read = await Promise.all(objects.map(async ({ path }) => {
    const bytes = await folder.read(path);
    if (!bytes) throw new CommandError(`The packed release in ${folder.path} lacks ${path}; pack it again.`);
    return [path, bytes] as const;
  }));
  return { manifest, manifestBytes, objects: new Map(read), golden: [], backend: '', modelBytes: 0, variants: [], dropped: [] };
}
