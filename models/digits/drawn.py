"""Turns a drawing into the model's input as a device does.

Polylines → canvas → the steps of pipeline.json → 8×8 values in 0..1.

Each function does exactly the step of the same name in
packages/registry/src/manifest/pipeline.ts.
Images are float arrays, height × width (× 3), 0–255.
"""

import math

import numpy as np

CANVAS = 280
PEN_WIDTH = 22
TRIM_THRESHOLD = 32
TRIM_PADDING = 0.1
SIDE = 8


def rasterise(strokes, width: float = PEN_WIDTH, canvas: int = CANVAS) -> np.ndarray:
    """Draws black ink with round caps and joins on white.

    The coverage of a pixel follows from its distance to the line (antialiasing).
    """
    centre = np.arange(canvas) + 0.5
    px, py = np.meshgrid(centre, centre)
    nearest = np.full((canvas, canvas), np.inf)
    for stroke in strokes:
        points = np.asarray(stroke, float)
        ends = points[1:] if len(points) > 1 else points
        for (ax, ay), (bx, by) in zip(points, ends):
            dx, dy = bx - ax, by - ay
            length2 = dx * dx + dy * dy
            t = np.clip(((px - ax) * dx + (py - ay) * dy) / length2, 0, 1) if length2 else 0
            nearest = np.minimum(nearest, np.hypot(px - ax - t * dx, py - ay - t * dy))
    ink = np.clip(width / 2 - nearest + 0.5, 0, 1)
    grey = np.round(255 * (1 - ink))
    return np.repeat(grey[:, :, None], 3, axis=2)


def grayscale(rgb: np.ndarray) -> np.ndarray:
    return rgb @ np.array([0.299, 0.587, 0.114])


def invert(image: np.ndarray) -> np.ndarray:
    return 255 - image


def trim(image: np.ndarray, threshold: float = TRIM_THRESHOLD, padding: float = TRIM_PADDING) -> np.ndarray:
    rows = np.flatnonzero((image > threshold).any(axis=1))
    columns = np.flatnonzero((image > threshold).any(axis=0))
    if not len(rows):
        return image
    content = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = content.shape
    side = math.floor(max(height, width) * (1 + 2 * padding) + 0.5)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side))
    square[top : top + height, left : left + width] = content
    return square


def coverage(source: int, target: int) -> np.ndarray:
    """target × source weights: the share of each target cell that each source pixel covers."""
    step = source / target
    start = np.arange(target)[:, None] * step
    pixel = np.arange(source)[None, :]
    return np.clip(np.minimum(start + step, pixel + 1) - np.maximum(start, pixel), 0, None) / step


def resize_area(image: np.ndarray, side: int = SIDE) -> np.ndarray:
    return coverage(image.shape[0], side) @ image @ coverage(image.shape[1], side).T


def see(rgb: np.ndarray, padding: float = TRIM_PADDING) -> np.ndarray:
    """All steps of pipeline.json except its layout step."""
    return resize_area(trim(invert(grayscale(rgb)), padding=padding)) / 255


def observe(images: np.ndarray) -> np.ndarray:
    """n × side × side values in 0..1 → n × 5: brightness, contrast, edges, centerX, centerY."""
    n, height, width = images.shape
    horizontal = np.abs(np.diff(images, axis=2)).reshape(n, -1)
    vertical = np.abs(np.diff(images, axis=1)).reshape(n, -1)
    total = images.sum(axis=(1, 2))
    safe = np.where(total > 0, total, 1)
    x = (images.sum(axis=1) @ (np.arange(width) + 0.5)) / safe / width
    y = (images.sum(axis=2) @ (np.arange(height) + 0.5)) / safe / height
    return np.stack(
        [
            images.mean(axis=(1, 2)),
            images.std(axis=(1, 2)),
            np.concatenate([horizontal, vertical], axis=1).mean(axis=1),
            np.where(total > 0, x, 0.5),
            np.where(total > 0, y, 0.5),
        ],
        axis=1,
    )


def jitter(strokes, rng: np.random.RandomState):
    """The same drawing by a less steady hand.

    Changes rotation (±8°), shear, size and place, and adds a slow wobble of the line.
    """
    angle, shear = np.radians(rng.uniform(-8, 8)), rng.uniform(-0.12, 0.12)
    sx, sy = rng.uniform(0.75, 1.05), rng.uniform(0.75, 1.05)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[sx, shear], [0, sy]])
    shift = rng.uniform(-10, 10, 2)
    phase, waves, size = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.01, 0.03, 4), rng.uniform(0, 5)

    def move(point):
        x, y = matrix @ (np.asarray(point, float) - CANVAS / 2) + CANVAS / 2 + shift
        x2 = x + size * (np.sin(waves[0] * y + phase[0]) + np.sin(waves[1] * x + phase[1]))
        y2 = y + size * (np.sin(waves[2] * x + phase[2]) + np.sin(waves[3] * y + phase[3]))
        return [x2, y2]

    return [[move(point) for point in stroke] for stroke in strokes]
