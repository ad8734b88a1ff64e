"""Fine-tunes the last layer of 1.1.0 and writes it as versions/1.1.1.

A device that has 1.1.0 has all but a few kilobytes of this update.

    /usr/bin/python3 models/digits/finetune.py        (Debian: python3-torch python3-onnx python3-scipy)

Plain gradient descent on the training rows, unchanged and distorted. Everything before the last
layer is frozen. Seeded.
"""

import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from train import HERE, Net, as_drawn, load, predict, write

BASE, VERSION, SEED, EPOCHS, RATE = '1.1.0', '1.1.1', 3, 20, 2e-3


def main():
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    rng = np.random.RandomState(SEED)
    images, labels, held_out = load()
    train_images, train_labels = images[~held_out], labels[~held_out]
    drawn = [as_drawn(image, rng, rotate=16, shear=0.25, pen=1.0) for image in train_images]
    x = torch.tensor(np.concatenate([drawn, train_images / 16])[:, None], dtype=torch.float32)
    y = torch.tensor(np.concatenate([train_labels, train_labels]))

    net = Net()
    weights = {one.name: torch.tensor(numpy_helper.to_array(one).copy()) for one in onnx.load(str(HERE / 'versions' / BASE / 'model.onnx')).graph.initializer}
    net.load_state_dict(weights)
    net.eval()
    for parameter in net.features.parameters():
        parameter.requires_grad = False
    optimiser = torch.optim.SGD(net.classify.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(128):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(x[batch]), y[batch], label_smoothing=0.05).backward()
            optimiser.step()
    right = predict(net, images[held_out] / 16).argmax(1) == labels[held_out]
    print(f'{VERSION}: held-out accuracy {right.mean():.4f} ({right.sum()} of {len(right)})')
    if right.mean() < 0.98:
        sys.exit(1)
    for parameter in net.parameters():
        parameter.requires_grad = True
    write(VERSION, net, images[held_out], drawn, train_labels)


if __name__ == '__main__':
    main()
