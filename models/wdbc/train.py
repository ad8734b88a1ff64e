"""Trains the wdbc model.

Writes versions/1.0.0/{model.onnx,golden.json}, pipeline.json, train.csv and held-out.csv.

    /usr/bin/python3 models/wdbc/train.py          (Debian: python3-torch python3-onnx)

Seeded. The held-out fifth of data/wdbc.csv is never trained on. The printed metrics are from it.
"""

import csv
import json
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
LABELS = ['malignant', 'benign']
EPOCHS = 200


def load():
    with open(HERE / 'data' / 'wdbc.csv') as file:
        header, *rows = csv.reader(file)
    features = np.array([row[:30] for row in rows], float)
    labels = np.array([LABELS.index(row[30]) for row in rows])
    return header, rows, features, labels, np.array([row[31] == 'test' for row in rows])


def auc(scores, positive):
    """Area under the ROC curve by ranks (Mann–Whitney), ties counted half."""
    above = (scores[positive][:, None] > scores[~positive][None, :]).mean()
    equal = (scores[positive][:, None] == scores[~positive][None, :]).mean()
    return above + equal / 2


def tensor(array):
    return dict(dtype='float32', shape=list(array.shape), data=[float(f'{value:.9g}') for value in np.asarray(array, np.float32).ravel()])


def main():
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(7)
    header, rows, features, labels, held_out = load()
    mean, std = features[~held_out].mean(0), features[~held_out].std(0)
    x = torch.tensor((features - mean) / std, dtype=torch.float32)
    y = torch.tensor(labels)
    net = torch.nn.Sequential(torch.nn.Linear(30, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.1)
    train = torch.tensor(~held_out)
    for _ in range(EPOCHS):
        for batch in torch.randperm(int(train.sum())).split(32):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(x[train][batch]), y[train][batch], label_smoothing=0.02).backward()
            optimiser.step()
    net.eval()
    with torch.no_grad():
        scores = torch.softmax(net(x[~train]), 1).numpy()
    truth = labels[held_out]
    answer = scores.argmax(1)
    print(f'held-out {len(truth)}: accuracy {(answer == truth).mean():.4f}, sensitivity (malignant) {(answer[truth == 0] == 0).mean():.4f}, '
          f'specificity {(answer[truth == 1] == 1).mean():.4f}, ROC AUC {auc(scores[:, 0], truth == 0):.4f}')

    folder = HERE / 'versions' / '1.0.0'
    folder.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(net, torch.zeros(1, 30), str(folder / 'model.onnx'), input_names=['features'], output_names=['logits'],
                      dynamic_axes={'features': {0: 'batch'}, 'logits': {0: 'batch'}}, opset_version=13, do_constant_folding=True)
    tests = x[~train]
    samples = [tests[i:i + 1] for i in range(9)] + [tests[9:12]]
    with torch.no_grad():
        golden = [dict(id=f'held-out-{i}', feeds=dict(features=tensor(s.numpy())), outputs=dict(logits=tensor(net(s).numpy()))) for i, s in enumerate(samples)]
    (folder / 'golden.json').write_text(json.dumps(dict(schema='perigee-golden/1', samples=golden)))
    numbers = lambda values: [float(f'{value:.9g}') for value in values]
    (HERE / 'pipeline.json').write_text(json.dumps(dict(
        preprocess=[dict(op='tabular', features=header[:30]), dict(op='standardize', mean=numbers(mean), std=numbers(std))],
        postprocess=[dict(op='softmax'), dict(op='top-k', k=2)],
    ), indent=1) + '\n')
    (HERE / 'labels.json').write_text(json.dumps(LABELS) + '\n')
    for name, part in [('train.csv', 'train'), ('held-out.csv', 'test')]:
        with open(HERE / name, 'w', newline='') as file:
            out = csv.writer(file, lineterminator='\n')
            out.writerow(header[:31])
            out.writerows(row[:31] for row in rows if row[31] == part)


if __name__ == '__main__':
    main()
