/** Measurements of one row, by the name of the feature. */
export type Values = Readonly<Record<string, number>>;

export interface Feature {
  readonly name: string;
  readonly label: string;
  /** In words; absent where the data set does not tell. */
  readonly unit?: string;
}

export interface FeatureGroup {
  readonly title: string;
  readonly features: readonly Feature[];
}

export interface Row {
  readonly values: Values;
  /** The label that the data set gives the row. */
  readonly kind: string;
}

/** A row that the model was not trained on, with a name such as "Barolo 2". */
export interface Sample extends Row {
  readonly name: string;
}

/** The spread of a feature's values over the training rows. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** The parts of a data set that are not in its CSV. */
export interface Description {
  /** The name of the model, and of the data set in the page's address. */
  readonly name: string;
  readonly title: string;
  readonly intro: string;
  /** Shown where a reader may take the demo for more than it is. */
  readonly disclaimer?: string;
  readonly source: string;
  /** Title of the samples. */
  readonly pick: string;
  /** A row of the data, and several. */
  readonly thing: string;
  readonly things: string;
  /** The column of the CSV that has the label. */
  readonly labelColumn: string;
  readonly kinds: readonly string[];
  /** The features that matter most to the model, which have their sliders on top. */
  readonly main: readonly Feature[];
  /** All other features. */
  readonly rest: readonly FeatureGroup[];
  /** Factors of the shift switch, which acts like a wrongly calibrated instrument. */
  readonly shift: Values;
}

export interface DataSet extends Description {
  /** All features, those on top first. */
  readonly features: readonly Feature[];
  /** All rows. */
  readonly rows: readonly Row[];
  readonly training: readonly Row[];
  readonly samples: readonly Sample[];
  readonly spreads: Readonly<Record<string, Spread>>;
}

const SAMPLES_OF_A_KIND = 2;

/**
 * Reads the rows of a data set, and what the page needs to know of them.
 * @throws Error naming what the CSV lacks
 */
export function readDataSet(csv: string, description: Description): DataSet {
  const { name, main, rest, kinds, labelColumn } = description;
  const features = [...main, ...rest.flatMap((group) => group.features)];
  const [header = [], ...lines] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const place = (column: string): number => {
    const index = header.indexOf(column);
    if (index < 0) throw new Error(`${name}.csv has no column "${column}".`);
    return index;
  };
  const places = features.map((feature) => [feature.name, place(feature.name)] as const);
  const [label, split] = [place(labelColumn), place('split')];
  const read = (cells: readonly string[]): Row => ({
    values: Object.fromEntries(places.map(([feature, index]) => [feature, Number(cells[index])])),
    kind: cells[label] ?? '',
  });
  const training = lines.filter((cells) => cells[split] === 'train').map(read);
  const heldOut = lines.filter((cells) => cells[split] === 'test').map(read);
  const spreads = Object.fromEntries(
    features.map((feature) => [feature.name, spreadOf(training, feature)]),
  );
  return {
    ...description,
    features,
    rows: [...training, ...heldOut],
    training,
    samples: kinds.flatMap((kind) => samplesOf(heldOut, kind, spreads)),
    spreads,
  };
}

/** The first rows of a kind that are within the range of the training rows. */
function samplesOf(
  rows: readonly Row[],
  kind: string,
  spreads: DataSet['spreads'],
): readonly Sample[] {
  const isUsual = ({ values }: Row): boolean =>
    Object.entries(spreads).every(([name, { min, max }]) => {
      const value = values[name] ?? Number.NaN;
      return value >= min && value <= max;
    });
  return rows
    .filter((row) => row.kind === kind && isUsual(row))
    .slice(0, SAMPLES_OF_A_KIND)
    .map((row, i) => ({ ...row, name: `${kind} ${i + 1}` }));
}

function spreadOf(rows: readonly Row[], { name }: Feature): Spread {
  const values = rows.map((row) => row.values[name] ?? Number.NaN).toSorted((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const at = (index: number): number => values[index] ?? Number.NaN;
  return {
    min: at(0),
    median: (at((values.length - 1) >> 1) + at(values.length >> 1)) / 2,
    max: at(values.length - 1),
    deviation: Math.sqrt(squares / values.length),
  };
}

/** The row as a wrongly calibrated instrument would measure it. */
export function shifted({ shift }: DataSet, values: Values): Values {
  const changed = Object.entries(shift).map(
    ([name, factor]) => [name, (values[name] ?? 0) * factor] as const,
  );
  return { ...values, ...Object.fromEntries(changed) };
}
