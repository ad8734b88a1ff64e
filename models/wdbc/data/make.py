"""Writes wdbc.csv from scikit-learn's copy of the UCI file, with the fixed split.

Run once; the CSV is committed.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

SPLIT_SEED = 20240607
HELD_OUT = 0.2


def held_out(labels: np.ndarray, seed: int, share: float) -> np.ndarray:
    """Stratified choice: the same share of every class, by a seeded shuffle of its rows."""
    rng = np.random.RandomState(seed)
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        chosen[rows[: round(share * len(rows))]] = True
    return chosen


def readable(name: str) -> str:
    """'mean concave points' → 'concave_points_mean', 'radius error' → 'radius_error'."""
    words = name.split()
    if words[0] in ('mean', 'worst'):
        words = [*words[1:], words[0]]
    return '_'.join(words)


def main() -> None:
    cancer = load_breast_cancer()
    test = held_out(cancer.target, SPLIT_SEED, HELD_OUT)
    with open(Path(__file__).parent / 'wdbc.csv', 'w', newline='') as file:
        out = csv.writer(file, lineterminator='\n')
        out.writerow([*map(readable, cancer.feature_names), 'diagnosis', 'split'])
        for features, target, is_test in zip(cancer.data, cancer.target, test):
            diagnosis = cancer.target_names[target]
            out.writerow([*(f'{value:.6g}' for value in features), diagnosis, 'test' if is_test else 'train'])


if __name__ == '__main__':
    main()
