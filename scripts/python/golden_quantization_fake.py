"""Golden outputs and gradients of torch's fake_quantize kernels."""

import torch

from golden_quantization_inputs import encoded, names_of_special, numbers, value

INF, NAN = float("inf"), float("nan")

EDGES = [
    0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, 127.4, 127.5, 127.6, -128.4, -128.5,
    -128.6, 254.5, 255.4, 255.6, 1e9, -1e9, 1e30, -1e30, INF, -INF, NAN, 1e-30, -0.0, 63.5, 64.5,
]
PARAMETERS = [
    (1.0, 0, -128, 127), (1.0, 1, -128, 127), (1.0, 0, 0, 255), (1.0, 128, 0, 255), (0.5, 3, 0, 255),
    (0.1, 0, -128, 127), (0.3, 17, 0, 127), (1 / 3, -5, -8, 7), (2.0, 0, -127, 127), (0.0078125, 127, 0, 255),
]


def per_tensor(name, x, scale, zero_point, low, high):
    x = x.clone().requires_grad_()
    scale = torch.tensor(scale)
    y = torch.fake_quantize_per_tensor_affine(x, float(scale), zero_point, low, high)
    y.sum().backward()
    return {
        "name": name, "scale": numbers(scale), "zeroPoint": [zero_point], "min": low, "max": high,
        "output": [names_of_special(v) for v in numbers(y)],
        "gradient": numbers(x.grad),
    }


def per_channel(shape, axis, low, high):
    x = value(51, shape, 3.0).requires_grad_()
    channels = shape[axis]
    scale = (value(52, [channels]).abs() + 0.01) / 20
    zero_point = torch.arange(channels, dtype=torch.int32) % (high - low) + low
    y = torch.fake_quantize_per_channel_affine(x, scale, zero_point, axis, low, high)
    y.sum().backward()
    return {
        "name": "channels", "shape": shape, "axis": axis, "min": low, "max": high,
        "scale": numbers(scale), "zeroPoint": zero_point.tolist(),
        "output": encoded(y), "gradient": encoded(x.grad),
    }


def per_channel_edges(axis, low, high):
    """The edges in each of three channels, of which one has a zero point that is not 0."""
    edges = torch.tensor(EDGES)
    x = (edges.expand(3, -1) if axis == 0 else edges[:, None].expand(-1, 3)).clone().requires_grad_()
    scale, zero_point = torch.tensor([1.0, 0.5, 0.1]), torch.tensor([0, 1, high], dtype=torch.int32)
    y = torch.fake_quantize_per_channel_affine(x, scale, zero_point, axis, low, high)
    y.sum().backward()
    return {
        "axis": axis, "min": low, "max": high, "scale": numbers(scale), "zeroPoint": zero_point.tolist(),
        "shape": list(x.shape), "output": [names_of_special(v) for v in numbers(y)], "gradient": numbers(x.grad),
    }


def fake_quantize_cases():
    edges = torch.tensor(EDGES)
    return {
        "edges": [names_of_special(v) for v in EDGES],
        "perTensor": [per_tensor("edges", edges, *given) for given in PARAMETERS],
        "perChannel": [
            per_channel([3, 4, 2], 0, -128, 127),
            per_channel([3, 4, 2], 1, 0, 255),
            per_channel([2, 3, 4, 5], 1, -8, 7),
        ],
        "perChannelEdges": [per_channel_edges(0, -128, 127), per_channel_edges(1, 0, 255)],
    }
