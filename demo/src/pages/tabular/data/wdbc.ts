import csv from '../../../../../models/wdbc/data/wdbc.csv?raw';
import { readDataSet } from './data-set.ts';
import type { Feature, FeatureGroup } from './data-set.ts';

const QUANTITIES = {
  radius: 'Radius',
  texture: 'Texture',
  perimeter: 'Perimeter',
  area: 'Area',
  smoothness: 'Smoothness',
  compactness: 'Compactness',
  concavity: 'Concavity',
  concave_points: 'Concave points',
  symmetry: 'Symmetry',
  fractal_dimension: 'Fractal dimension',
} as const;

type Quantity = keyof typeof QUANTITIES;

const QUANTITY_NAMES = Object.keys(QUANTITIES) as readonly Quantity[];

/** The features of the largest nuclei that have their sliders on top. */
const MAIN: readonly Quantity[] = ['area', 'radius', 'perimeter', 'fractal_dimension', 'texture'];

const largest = (quantity: Quantity): Feature => ({
  name: `${quantity}_worst`,
  label: `${QUANTITIES[quantity]} of the largest nuclei`,
});

const group = (
  title: string,
  suffix: string,
  names: readonly Quantity[] = QUANTITY_NAMES,
): FeatureGroup => ({
  title,
  features: names.map((name) => ({ name: `${name}_${suffix}`, label: QUANTITIES[name] })),
});

export const WDBC = readDataSet(csv, {
  name: 'wdbc',
  title: 'Classify 30 measurements of cell nuclei',
  intro:
    'A microscope’s picture of cells, in 30 numbers: a public data set of breast masses from ' +
    'before 1995. It shows how the page deals with many measurements.',
  disclaimer:
    'This is a demonstration, not a medical device. Its answers say nothing about anyone.',
  source: 'https://archive.ics.uci.edu/dataset/17',
  pick: 'Pick a row, or change it',
  thing: 'row',
  things: 'rows',
  labelColumn: 'diagnosis',
  kinds: ['benign', 'malignant'],
  main: MAIN.map(largest),
  rest: [
    group('Mean of all nuclei', 'mean'),
    group('Standard error', 'error'),
    group(
      'Largest nuclei',
      'worst',
      QUANTITY_NAMES.filter((name) => !MAIN.includes(name)),
    ),
  ],
  shift: { texture_mean: 1.35, smoothness_mean: 1.2, area_worst: 0.75, symmetry_worst: 1.25 },
});
