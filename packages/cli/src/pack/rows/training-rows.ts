import type { ReferenceColumn } from '@perigee/profile';
import type { Pipeline, Signature } from '@perigee/registry';
import type { CsvTable } from '../../csv/read-csv.ts';
import type { PackOptions } from '../pack-options.ts';
import type { PackedCsv } from '../packed-release.ts';
import { columnUses } from './column-uses.ts';
import { featureColumns } from './feature-columns.ts';
import { readCalibration } from './predict-rows.ts';
import type { CalibrationRows } from './predict-rows.ts';

export interface TrainingRows {
  readonly features: readonly ReferenceColumn[];
  readonly calibration?: CalibrationRows;
  readonly notes: readonly string[];
  readonly csv: PackedCsv;
}

/** The parts of a model that say how rows become its inputs and labels. */
export interface RowFormat {
  readonly pipeline: Pipeline | undefined;
  readonly labels: readonly string[] | undefined;
  readonly inputs: Signature['inputs'];
}

/**
 * Finds the features in the training rows, and reads the rows for the calibration.
 * @throws CommandError naming the file and the column
 */
export async function readTrainingRows(
  table: CsvTable,
  { pipeline, labels, inputs }: RowFormat,
  options: PackOptions,
): Promise<TrainingRows> {
  const { exclude = [], calibrate, label = '' } = options;
  const found = featureColumns(table, pipeline, inputs, exclude);
  const { path, delimiter, decimal, encoding, rows } = table;
  const columns = columnUses(table, found, pipeline, exclude);
  const csv: PackedCsv = { path, delimiter, decimal, encoding, rows: rows.length, columns };
  const training = { features: found.columns, notes: [...table.notes, ...found.notes], csv };
  if (calibrate === undefined) return training;
  const calibration = await readCalibration(calibrate, label, pipeline, labels, {
    ...options,
    inputs,
  });
  return { ...training, calibration, notes: [...training.notes, ...calibration.notes] };
}
