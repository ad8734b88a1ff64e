"""Writes digits.csv from scikit-learn's copy of the UCI test file, with the fixed split.

Run once; the CSV is committed.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

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


def main() -> None:
    digits = load_digits()
    test = held_out(digits.target, SPLIT_SEED, HELD_OUT)
    with open(Path(__file__).parent / 'digits.csv', 'w', newline='') as file:
        out = csv.writer(file, lineterminator='\n')
        out.writerow([f'p{row}{column}' for row in range(8) for column in range(8)] + ['label', 'split'])
        for pixels, label, is_test in zip(digits.data.astype(int), digits.target, test):
            out.writerow([*pixels, label, 'test' if is_test else 'train'])


if __name__ == '__main__':
    main()
