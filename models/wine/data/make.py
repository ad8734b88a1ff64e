"""Writes wine.csv from scikit-learn's copy of the UCI file, with the fixed split.

Run once; the CSV is committed.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine

SPLIT_SEED = 20240607
HELD_OUT = 0.25
# UCI numbers the cultivars; the names are those of the study that the data is from.
CULTIVARS = ['Barolo', 'Grignolino', 'Barbera']


def held_out(labels: np.ndarray, seed: int, share: float) -> np.ndarray:
    """Stratified choice: the same share of every class, by a seeded shuffle of its rows."""
    rng = np.random.RandomState(seed)
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        chosen[rows[: round(share * len(rows))]] = True
    return chosen


def readable(name: str) -> str:
    """'od280/od315_of_diluted_wines' → 'od280_od315'."""
    return name.removesuffix('_of_diluted_wines').replace('/', '_')


def main() -> None:
    wine = load_wine()
    test = held_out(wine.target, SPLIT_SEED, HELD_OUT)
    with open(Path(__file__).parent / 'wine.csv', 'w', newline='') as file:
        out = csv.writer(file, lineterminator='\n')
        out.writerow([*map(readable, wine.feature_names), 'cultivar', 'split'])
        for features, target, is_test in zip(wine.data, wine.target, test):
            values = [f'{value:.6g}' for value in features]
            out.writerow([*values, CULTIVARS[target], 'test' if is_test else 'train'])


if __name__ == '__main__':
    main()
