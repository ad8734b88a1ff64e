import csv from '../../../../models/wdbc/data/wdbc.csv?raw';
import type { ModelNamed, ModelsByName } from 'perigee';

/** The model of the measurements. `models.d.ts` has its types. */
export type Wdbc = ModelNamed<'wdbc'>;
export type WdbcPrediction = Awaited<ReturnType<Wdbc['predict']>>;

/** The 30 measurements that the model takes, by name. */
type Measurements = Readonly<ModelsByName['wdbc']['input']['row'] & Record<string, number>>;

export interface Row {
  readonly values: Measurements;
  readonly diagnosis: string;
}

const [header = '', ...lines] = csv.trim().split('\n');
const columns = header.split(',');

/** The 30 measurements, in the data's order. */
export const FEATURES = columns.slice(0, 30);

const all = lines.map((line) => {
  const cells = line.split(',');
  const values = Object.fromEntries(FEATURES.map((name, i) => [name, Number(cells[i])]));
  if (!isComplete(values)) throw new Error('A row of wdbc.csv lacks measurements.');
  return { row: { values, diagnosis: cells[30] ?? '' }, split: cells[31] };
});

function isComplete(values: Readonly<Record<string, number>>): values is Measurements {
  return Object.values(values).filter(Number.isFinite).length === 30;
}

/** Rows that the model never saw in training. */
export const HELD_OUT: readonly Row[] = all
  .filter(({ split }) => split === 'test')
  .map(({ row }) => row);

const [first] = HELD_OUT;
if (!first) throw new Error('wdbc.csv has no rows that are held out.');
/** The row that the page shows first. */
export const FIRST_ROW = first;

/**
 * The stream draws from all rows, because the reference was made of all of them. The few held-out
 * rows alone have another distribution.
 */
export const ROWS: readonly Row[] = all.map(({ row }) => row);

/** Smallest and largest value of each measurement in all rows: the ends of its slider. */
export const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> =
  Object.fromEntries(
    FEATURES.map((name) => {
      const values = all.map(({ row }) => row.values[name] ?? 0);
      return [name, [Math.min(...values), Math.max(...values)] as const];
    }),
  );

export const GROUPS = [
  { title: 'Mean', names: FEATURES.slice(0, 10) },
  { title: 'Standard error', names: FEATURES.slice(10, 20) },
  { title: 'Worst', names: FEATURES.slice(20, 30) },
] as const;

/** Factors of the shift switch, which acts like a wrongly calibrated instrument. */
export const SHIFTED = {
  texture_mean: 1.35,
  smoothness_mean: 1.2,
  area_worst: 0.75,
  symmetry_worst: 1.25,
} as const;

export function shift(values: Row['values']): Row['values'] {
  return {
    ...values,
    ...Object.fromEntries(
      Object.entries(SHIFTED).map(([name, factor]) => [name, (values[name] ?? 0) * factor]),
    ),
  };
}
