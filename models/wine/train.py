"""Trains the wine model.

Writes versions/1.0.0/{model.onnx,golden.json}, pipeline.json, labels.json, train.csv and
held-out.csv.

    /usr/bin/python3 models/wine/train.py          (Debian: python3-sklearn python3-onnx)

Seeded. The held-out quarter of data/wine.csv is never trained on. The printed metrics are from it.
"""

import csv
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper
from sklearn.inspection import permutation_importance
from sklearn.metrics import recall_score, roc_auc_score
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
LABELS = ['Barolo', 'Grignolino', 'Barbera']
FEATURES = 13
HIDDEN = 8


def load():
    with open(HERE / 'data' / 'wine.csv') as file:
        header, *rows = csv.reader(file)
    features = np.array([row[:FEATURES] for row in rows], float)
    labels = np.array([LABELS.index(row[FEATURES]) for row in rows])
    return header, rows, features, labels, np.array([row[FEATURES + 1] == 'test' for row in rows])


def onnx_of(net):
    """The graph features → Gemm → Relu → Gemm → logits, with a free number of rows."""
    weights = {
        name: numpy_helper.from_array(np.asarray(array, np.float32), name)
        for name, array in [
            ('w1', net.coefs_[0]),
            ('b1', net.intercepts_[0]),
            ('w2', net.coefs_[1]),
            ('b2', net.intercepts_[1]),
        ]
    }
    graph = helper.make_graph(
        [
            helper.make_node('Gemm', ['features', 'w1', 'b1'], ['sums']),
            helper.make_node('Relu', ['sums'], ['hidden']),
            helper.make_node('Gemm', ['hidden', 'w2', 'b2'], ['logits']),
        ],
        'wine',
        [helper.make_tensor_value_info('features', TensorProto.FLOAT, ['batch', FEATURES])],
        [helper.make_tensor_value_info('logits', TensorProto.FLOAT, ['batch', len(LABELS)])],
        list(weights.values()),
    )
    opset = helper.make_opsetid('', 13)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=7, producer_name='perigee')
    checker.check_model(model)
    return model


def logits(net, x):
    """The same numbers as the graph, in float32."""
    w1, w2 = (coefs.astype(np.float32) for coefs in net.coefs_)
    b1, b2 = (intercepts.astype(np.float32) for intercepts in net.intercepts_)
    return np.maximum(x.astype(np.float32) @ w1 + b1, 0) @ w2 + b2


def tensor(array):
    values = np.asarray(array, np.float32)
    data = [float(f'{value:.9g}') for value in values.ravel()]
    return dict(dtype='float32', shape=list(values.shape), data=data)


def report(net, tests, truth, header):
    scores = net.predict_proba(tests)
    answer = scores.argmax(1)
    print(f'held-out {len(truth)}: accuracy {(answer == truth).mean():.4f}, '
          f'ROC AUC {roc_auc_score(truth, scores, multi_class="ovr"):.4f}')
    for label, recall in zip(LABELS, recall_score(truth, answer, average=None)):
        print(f'recall {label} {recall:.4f}')


def importance(net, x, y, header):
    """Prints how much the accuracy falls on average when one column is shuffled."""
    found = permutation_importance(net, x, y, n_repeats=200, random_state=7).importances_mean
    for i in np.argsort(-found):
        print(f'importance {header[i]} {found[i]:.4f}')


def write_table(path, header, rows):
    with open(path, 'w', newline='') as file:
        out = csv.writer(file, lineterminator='\n')
        out.writerow(header[: FEATURES + 1])
        out.writerows(row[: FEATURES + 1] for row in rows)


def main():
    header, rows, features, labels, held_out = load()
    mean, std = features[~held_out].mean(0), features[~held_out].std(0)
    x = (features - mean) / std
    net = MLPClassifier((HIDDEN,), solver='lbfgs', alpha=2.0, max_iter=2_000, random_state=7)
    net.fit(x[~held_out], labels[~held_out])
    tests, truth = x[held_out], labels[held_out]
    report(net, tests, truth, header)
    importance(net, x[~held_out], labels[~held_out], header)

    folder = HERE / 'versions' / '1.0.0'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'model.onnx').write_bytes(onnx_of(net).SerializeToString())
    samples = [tests[i * 5 : i * 5 + 1] for i in range(9)] + [tests[9:12]]
    golden = [
        dict(
            id=f'held-out-{i}',
            feeds=dict(features=tensor(sample)),
            outputs=dict(logits=tensor(logits(net, sample))),
        )
        for i, sample in enumerate(samples)
    ]
    (folder / 'golden.json').write_text(
        json.dumps(dict(schema='perigee-golden/1', samples=golden)))

    numbers = lambda values: [float(f'{value:.9g}') for value in values]
    (HERE / 'pipeline.json').write_text(json.dumps(dict(
        preprocess=[
            dict(op='tabular', features=header[:FEATURES]),
            dict(op='standardize', mean=numbers(mean), std=numbers(std)),
        ],
        postprocess=[dict(op='softmax'), dict(op='top-k', k=len(LABELS))],
    ), indent=1) + '\n')
    (HERE / 'labels.json').write_text(json.dumps(LABELS) + '\n')
    write_table(HERE / 'train.csv', header, [r for r, out in zip(rows, held_out) if not out])
    write_table(HERE / 'held-out.csv', header, [r for r, out in zip(rows, held_out) if out])


if __name__ == '__main__':
    main()
