"""What the golden_quantization_*.py files share: numbers from a formula, and exact output."""

import base64

import numpy as np
import torch

INPUTS = [
    "value(seed, i) = ((seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003) / 1024",
    "  - 0.978515625, where i is the flat row-major index.",
    "Layers: seeds 11 weight, 12 bias, 13 runningMean, 14 runningVar (0.25 + 1.5 * abs(value)),",
    "15 gamma (value + 1.25, negated where i % 3 == 2), 16 beta; input of step k (0, 1) seed 1 + k,",
    "times 1 + k; cotangent of step k seed 21 + k. The loss is the sum of output * cotangent.",
    "Sequences: batch k seed 61 + k, times 1 + 0.5 k. Training: input of step k seed 71 + k, times",
    "1 + 0.5 k; cotangent seed 81 + k.",
    "Arrays: little-endian float32 in base64, with the shape. Numbers: float32, written exactly.",
]


def value(seed, shape, scale=1.0):
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    remainder = (seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003
    return (torch.from_numpy(remainder / 1024 - 0.978515625).reshape(shape) * scale).float()


def encoded(tensor):
    array = tensor.detach().float().contiguous().numpy()
    return {"shape": list(tensor.shape), "data": base64.b64encode(array.tobytes()).decode("ascii")}


def numbers(tensor):
    return [float(x) for x in tensor.detach().flatten().tolist()]


def names_of_special(x):
    """JSON has no NaN and no infinities."""
    return str(x) if x != x or x in (float("inf"), float("-inf")) else x
