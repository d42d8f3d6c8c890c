"""Noisy 28x28 grayscale pictures of geometric shapes, drawn with numpy from a seed.

Every picture has one shape in a random place, size, angle and contrast. train_shapes.py trains
and tests on them; `python scripts/python/shapes_data.py` prints one of each class.
"""

import numpy as np

SIZE = 28


def circle(x, y):
    return 0.8 - np.hypot(x, y)


def square(x, y):
    return 0.75 - np.maximum(abs(x), abs(y))


def triangle(x, y):
    angles = np.pi * np.array([1 / 2, 7 / 6, 11 / 6])
    return np.min([0.5 - x * np.cos(angle) - y * np.sin(angle) for angle in angles], axis=0)


def cross(x, y):
    bar = np.minimum(0.28 - abs(x), 1 - abs(y))
    return np.maximum(bar, np.minimum(1 - abs(x), 0.28 - abs(y)))


def ring(x, y):
    return 0.2 - abs(np.hypot(x, y) - 0.7)


def star(x, y):
    """Five points: each half of a point is the side of a line from its tip to an inner corner."""
    half = np.pi / 5
    angle = abs((np.arctan2(y, x) + half) % (2 * half) - half)
    along, across = np.hypot(x, y) * np.cos(angle), np.hypot(x, y) * np.sin(angle)
    corner_x, corner_y = 0.45 * np.cos(half), 0.45 * np.sin(half)
    return ((1 - along) * corner_y - across * (1 - corner_x)) / np.hypot(corner_y, 1 - corner_x)


# Each function gives the distance to the outline of a shape of radius about 1, positive inside.
SHAPES = [circle, square, triangle, cross, ring, star]
CLASSES = [shape.__name__ for shape in SHAPES]


def turned_grid(rng, radius):
    """Pixel centres in the coordinates of a shape that is shifted, turned and scaled."""
    center = SIZE / 2 + rng.uniform(-4, 4, size=2)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5 - center[:, None, None]) / radius
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


def draw(rng, label):
    radius = rng.uniform(5, 10)
    coverage = np.clip(SHAPES[label](*turned_grid(rng, radius)) * radius + 0.5, 0, 1)
    background, contrast, noise = rng.uniform(10, 100), rng.uniform(40, 120), rng.uniform(8, 32)
    pixels = background + contrast * coverage + rng.normal(0, noise, size=(SIZE, SIZE))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def make_shapes(count, seed):
    """Pictures as uint8 [count, 1, 28, 28] and class numbers as uint8 [count]."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(SHAPES), size=count).astype(np.uint8)
    images = np.stack([draw(rng, label) for label in labels])
    return images[:, None], labels


def main():
    rng = np.random.default_rng(0)
    for label, name in enumerate(CLASSES):
        print(f"\n{name}")
        for row in draw(rng, label):
            print("".join(" .:-=+*#%@"[pixel // 26] for pixel in row))


if __name__ == "__main__":
    main()
