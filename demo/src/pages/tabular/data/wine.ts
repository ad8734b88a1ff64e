import csv from '../../../../../models/wine/data/wine.csv?raw';
import { readDataSet } from './data-set.ts';

export const WINE = readDataSet(csv, {
  name: 'wine',
  title: 'Which grape is this wine from?',
  intro:
    'A chemist measured 178 wines of one region of Italy. A small model tells their three grapes ' +
    'apart, here in your browser. Move a slider, and see what changes its mind.',
  source: 'https://archive.ics.uci.edu/dataset/109',
  pick: 'Pick a wine, or make one up',
  thing: 'wine',
  things: 'wines',
  labelColumn: 'cultivar',
  // The first wine that is shown is a Barbera, of which several values matter.
  kinds: ['Barbera', 'Grignolino', 'Barolo'],
  main: [
    { name: 'proline', label: 'Proline', unit: 'milligrams per litre' },
    { name: 'flavanoids', label: 'Flavanoids' },
    { name: 'color_intensity', label: 'Colour intensity' },
    { name: 'ash', label: 'Ash', unit: 'grams per litre' },
    { name: 'alcohol', label: 'Alcohol', unit: 'percent by volume' },
  ],
  rest: [
    {
      title: 'Colour and minerals',
      features: [
        { name: 'hue', label: 'Hue' },
        { name: 'od280_od315', label: 'Protein content by light absorption' },
        { name: 'magnesium', label: 'Magnesium', unit: 'milligrams per litre' },
        { name: 'alcalinity_of_ash', label: 'Alcalinity of the ash' },
      ],
    },
    {
      title: 'Acid and tannins',
      features: [
        { name: 'malic_acid', label: 'Malic acid', unit: 'grams per litre' },
        { name: 'total_phenols', label: 'All phenols' },
        { name: 'nonflavanoid_phenols', label: 'Other phenols than flavanoids' },
        { name: 'proanthocyanins', label: 'Proanthocyanins' },
      ],
    },
  ],
  shift: { alcohol: 1.06, hue: 1.25, ash: 0.85 },
});
