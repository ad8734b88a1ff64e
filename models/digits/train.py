"""Trains both versions of the digits model and checks them.

Writes versions/<v>/{model.onnx,golden.json,reference-rows.csv}.

    /usr/bin/python3 models/digits/train.py        (Debian: python3-torch python3-onnx python3-scipy)

Everything is seeded. The held-out fifth of data/digits.csv is never trained on. The exit code is 1
if a version reads fewer than 98 % of it.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from drawn import jitter, observe, rasterise, resize_area, see, trim

HERE = Path(__file__).parent
# Version 1.0.0 sees few and gentle distortions of the training rows. Version 1.1.0 sees many and
# strong ones, and other stroke widths.
VERSIONS = {
    '1.0.0': dict(seed=1, copies=6, epochs=14, rotate=10, shear=0.1, pen=0.0),
    '1.1.0': dict(seed=2, copies=30, epochs=24, rotate=16, shear=0.25, pen=1.0),
}
UPSAMPLED = 48


def load():
    with open(HERE / 'data' / 'digits.csv') as file:
        rows = list(csv.reader(file))[1:]
    images = np.array([row[:64] for row in rows], float).reshape(-1, 8, 8)
    labels = np.array([row[64] for row in rows], int)
    held_out = np.array([row[65] == 'test' for row in rows])
    return images, labels, held_out


def as_drawn(image, rng, rotate, shear, pen):
    """A training image as if it had been drawn on the canvas.

    It is upsampled and distorted, and then goes through the same steps as a drawing.
    """
    large = ndimage.zoom(image * (255 / 16), UPSAMPLED / 8, order=1, grid_mode=True, mode='grid-constant')
    angle = np.radians(rng.uniform(-rotate, rotate))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.array([[rng.uniform(0.85, 1.2), 0], [rng.uniform(-shear, shear), rng.uniform(0.85, 1.2)]])
    matrix = turn @ stretch
    centre = np.full(2, (UPSAMPLED - 1) / 2)
    padded = np.pad(large, UPSAMPLED // 4)
    offset = (np.array(padded.shape) - 1) / 2 - matrix @ ((np.array(padded.shape) - 1) / 2)
    moved = ndimage.affine_transform(padded, matrix, offset, order=1)
    del centre
    # A pen has hard edges, so the image is sharpened around a level that makes its line thinner or
    # thicker.
    if rng.uniform() < 0.3 + 0.5 * pen:
        level = rng.uniform(70, 70 + 80 * (0.5 + pen / 2))
        moved = np.clip((moved - level) * rng.uniform(2, 6) + 128, 0, 255)
    if pen and rng.uniform() < 0.35:
        size = rng.choice([3, 5])
        moved = (ndimage.grey_dilation if rng.uniform() < 0.6 else ndimage.grey_erosion)(moved, size=(size, size))
    if moved.max() < 64:
        return image / 16
    return resize_area(trim(moved, padding=0.1)) / 255


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv2d(1, 24, 3, padding=1), torch.nn.ReLU(),
            torch.nn.Conv2d(24, 32, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(32, 48, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        )
        self.classify = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.25), torch.nn.Linear(48 * 4, 10))

    def forward(self, x):
        return self.classify(self.features(x))


def fit(images, labels, epochs):
    x, y = torch.tensor(images[:, None], dtype=torch.float32), torch.tensor(labels)
    net = Net()
    steps = epochs * -(-len(x) // 128)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=6e-3, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(128):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(x[batch]), y[batch], label_smoothing=0.05).backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def predict(net, images):
    with torch.no_grad():
        return net(torch.tensor(np.asarray(images)[:, None], dtype=torch.float32)).numpy()


def drawn_accuracy(net, strokes, seed):
    """Share of the drawings read right: unchanged, and by ten less steady hands each."""
    rng = np.random.RandomState(seed)
    plain = predict(net, [see(rasterise(one['strokes'])) for one in strokes]).argmax(1)
    shaken = [see(rasterise(jitter(one['strokes'], rng), width=rng.uniform(16, 28))) for one in strokes for _ in range(10)]
    digits = np.array([one['digit'] for one in strokes])
    return (plain == digits).mean(), (predict(net, shaken).argmax(1) == np.repeat(digits, 10)).mean(), [f"{one['digit']} {one['style']} as {p}" for one, p in zip(strokes, plain) if p != one['digit']]


def tensor(array):
    return dict(dtype='float32', shape=list(array.shape), data=[float(f'{value:.9g}') for value in np.asarray(array, np.float32).ravel()])


def write(version, net, test_images, seen, seen_labels):
    folder = HERE / 'versions' / version
    folder.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(net, torch.zeros(1, 1, 8, 8), str(folder / 'model.onnx'), input_names=['image'], output_names=['logits'],
                      dynamic_axes={'image': {0: 'batch'}, 'logits': {0: 'batch'}}, opset_version=13, do_constant_folding=True)
    samples = [test_images[i:i + 1, None] / 16 for i in range(10)] + [test_images[10:13, None] / 16]
    golden = [dict(id=f'held-out-{i}', feeds=dict(image=tensor(x)), outputs=dict(logits=tensor(predict(net, x[:, 0])))) for i, x in enumerate(samples)]
    (folder / 'golden.json').write_text(json.dumps(dict(schema='perigee-golden/1', samples=golden)))
    logits = predict(net, seen)
    scores = np.exp(logits - logits.max(1, keepdims=True))
    scores /= scores.sum(1, keepdims=True)
    # reference.mjs turns these into bins: the five watched scalars of every training image as
    # drawn, and the model's answer to it.
    rows = np.column_stack([observe(np.asarray(seen)), logits.argmax(1), scores.max(1)])
    np.savetxt(folder / 'reference-rows.csv', rows, fmt='%.6g', delimiter=',', comments='', header='brightness,contrast,edges,centerX,centerY,label,score')
    del seen_labels


def main():
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)
    images, labels, held_out = load()
    strokes = json.loads((HERE / 'strokes.json').read_text())
    failed = False
    for version, options in VERSIONS.items():
        torch.manual_seed(options['seed'])
        rng = np.random.RandomState(options['seed'])
        train_images, train_labels = images[~held_out], labels[~held_out]
        how = dict(rotate=options['rotate'], shear=options['shear'], pen=options['pen'])
        drawn = [as_drawn(image, rng, **how) for _ in range(options['copies']) for image in train_images]
        plain_copies = max(1, options['copies'] // 3)
        x = np.concatenate([drawn, np.tile(train_images / 16, (plain_copies, 1, 1))])
        y = np.concatenate([np.tile(train_labels, options['copies']), np.tile(train_labels, plain_copies)])
        net = fit(x, y, options['epochs'])
        right = predict(net, images[held_out] / 16).argmax(1) == labels[held_out]
        by_digit = ', '.join(f'{d}: {right[labels[held_out] == d].mean():.3f}' for d in range(10))
        steady, shaken, missed = drawn_accuracy(net, strokes, 5)
        print(f'{version}: held-out accuracy {right.mean():.4f} ({right.sum()} of {len(right)}); by digit {by_digit}')
        print(f'  drawings {steady:.3f}, drawn by less steady hands {shaken:.3f}; missed: {missed or "none"}; {sum(p.numel() for p in net.parameters())} parameters')
        if right.mean() < 0.98:
            print('  below 0.98: not written', file=sys.stderr)
            failed = True
            continue
        write(version, net, images[held_out], drawn[: len(train_images)], train_labels)
    sys.exit(failed)


if __name__ == '__main__':
    main()
