"""Golden runs of torch's FakeQuantize over ten batches, with observing and quantizing switched on and off.

Also of the module that has both in one (FusedMovingAvgObsFakeQuantize), where it is affine: only there do the two
agree. It multiplies in another order, so its scales may differ in the last bit.
"""

import torch
from torch.ao.quantization import (
    FakeQuantize,
    FusedMovingAvgObsFakeQuantize,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
)

from golden_quantization_inputs import encoded, numbers, value

SHAPE = [3, 4, 2]
# Of each batch: whether the module observes, and whether it quantizes.
SWITCHES = [(True, True)] * 4 + [(False, True)] * 2 + [(True, False)] * 2 + [(True, True)] * 2
DTYPES = {"int8": (torch.qint8, -128, 127), "uint8": (torch.quint8, 0, 255)}


def schemes(axis):
    per = "tensor" if axis is None else "channel"
    return {name: getattr(torch, f"per_{per}_{name}") for name in ("affine", "symmetric")}


def sequence(made, dtype, scheme, axis=None, reduce_range=False, constant=0.01):
    storage, low, high = DTYPES[dtype]
    observer = MovingAverageMinMaxObserver if axis is None else MovingAveragePerChannelMinMaxObserver
    given = {} if axis is None else {"ch_axis": axis}
    module = made(
        observer=observer, quant_min=low, quant_max=high, dtype=storage, qscheme=schemes(axis)[scheme],
        reduce_range=reduce_range, averaging_constant=constant, **given,
    )
    steps = []
    for k, (observing, quantizing) in enumerate(SWITCHES):
        module.enable_observer(observing)
        module.enable_fake_quant(quantizing)
        output = module(value(61 + k, SHAPE, 1 + 0.5 * k))
        steps.append({
            "observing": observing, "quantizing": quantizing, "output": encoded(output),
            "scale": numbers(module.scale), "zeroPoint": [int(x) for x in module.zero_point.flatten()],
        })
    return {
        "module": made.__name__, "dtype": dtype, "scheme": scheme, "axis": axis, "reduceRange": reduce_range,
        "averagingConstant": constant, "shape": SHAPE, "steps": steps,
    }


def sequence_cases():
    return [
        sequence(FakeQuantize, "uint8", "affine"),
        sequence(FakeQuantize, "uint8", "affine", reduce_range=True, constant=0.3),
        sequence(FakeQuantize, "int8", "symmetric"),
        sequence(FakeQuantize, "int8", "symmetric", axis=0),
        sequence(FakeQuantize, "int8", "affine", axis=1, constant=1.0),
        sequence(FusedMovingAvgObsFakeQuantize, "uint8", "affine"),
        sequence(FusedMovingAvgObsFakeQuantize, "uint8", "affine", reduce_range=True),
        sequence(FusedMovingAvgObsFakeQuantize, "int8", "affine", axis=0),
    ]
