"""Golden training: five steps of gradient descent with torch's layers for QAT.

The statistics of the batch-norm are frozen after two steps, the observer is switched off after three, and `train()` is
called before each step: as in torch's test_conv_bn_folded_vs_unfolded.
"""

import torch

from golden_quantization_inputs import encoded, value
from golden_quantization_layers import SIZES, Case, state_of, torch_module

RATE = 0.05
STEPS = 5
FROZEN_AFTER, UNWATCHED_AFTER = 2, 3


def gradients_of(module):
    named = {"weight": module.weight, "bias": module.bias, "gamma": module.bn.weight, "beta": module.bn.bias}
    return {name: one.grad for name, one in named.items() if one is not None and one.grad is not None}


def step(module, case, k):
    module.train()
    if k == FROZEN_AFTER:
        module.freeze_bn_stats()
    if k == UNWATCHED_AFTER and case.quantized != "float":
        module.weight_fake_quant.disable_observer()
    module.zero_grad()
    y = module(value(71 + k, case.input, 1 + 0.5 * k))
    (y * value(81 + k, list(y.shape))).sum().backward()
    gradients = {name: encoded(grad) for name, grad in gradients_of(module).items()}
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.grad is not None:
                parameter -= RATE * parameter.grad
    return {"output": encoded(y), "gradients": gradients, "state": state_of(module)}


def record(case):
    module = torch_module(case)
    return {
        "kind": case.kind, "weight": case.weight, "input": case.input, "options": case.options,
        "bias": case.bias, "slow": case.slow, "mode": case.mode, "quantized": case.quantized,
        "eps": case.eps, "momentum": case.momentum, "zeroGamma": case.zero_gamma, "source": case.source,
        "training": [step(module, case, k) for k in range(STEPS)],
    }


def training_cases():
    weight, shape = SIZES["2d"]
    linear = ([4, 5], [6, 5])
    for slow in (False, True):
        yield Case("ConvBn2d", weight, shape, slow=slow, quantized="float")
        yield Case("ConvBnReLU2d", weight, shape, bias=False, slow=slow, quantized="narrow")
    yield Case("ConvBn1d", *SIZES["1d"], quantized="narrow")
    yield Case("LinearBn1d", *linear, quantized="narrow")
    yield Case("LinearBn1d", *linear, bias=False, quantized="float")


def training_recorded():
    rates = {"rate": RATE, "frozenAfter": FROZEN_AFTER, "unwatchedAfter": UNWATCHED_AFTER}
    return {**rates, "cases": [record(case) for case in training_cases()]}
