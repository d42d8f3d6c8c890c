"""Golden runs of torch's layers for quantization-aware training.

Two steps each: outputs, gradients, running statistics, scales of the weight; then what the layer
folds to. Where torch has no such layer, or a wrong one (`source: formula`), the definition of
section "forward" below is computed with torch's own operations and its autograd.
"""

from dataclasses import dataclass, field

import torch
import torch.ao.nn.intrinsic as nni
import torch.ao.nn.intrinsic.qat as nniqat
import torch.ao.nn.qat as nnqat
from torch import nn
from torch.ao.quantization import (
    FakeQuantize,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    QConfig,
)
from torch.nn.utils import fuse_conv_bn_weights, fuse_linear_bn_weights

from golden_quantization_inputs import encoded, numbers, value

PER_CHANNEL = FakeQuantize.with_args(
    observer=MovingAveragePerChannelMinMaxObserver, quant_min=-128, quant_max=127,
    dtype=torch.qint8, qscheme=torch.per_channel_symmetric, reduce_range=False, ch_axis=0,
)
PER_TENSOR = FakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8,
    qscheme=torch.per_tensor_symmetric, reduce_range=False,
)
# With all 256 steps the greatest weight lies at 127.5, half way between two of them, and the last bit decides whether
# it is clamped and has no gradient. With 255 it does not.
NARROW = PER_CHANNEL.with_args(quant_min=-127)
WEIGHTS = {"channels": PER_CHANNEL, "narrow": NARROW, "tensor": PER_TENSOR, "float": nn.Identity}


@dataclass
class Case:
    kind: str
    weight: list
    input: list
    options: dict = field(default_factory=dict)
    bias: bool = True
    slow: bool = False
    mode: str = "train"  # train, eval, frozen
    quantized: str = "channels"
    eps: float = 1e-5
    momentum: float | None = 0.1
    zero_gamma: bool = False
    source: str = "torch"


SIZES = {
    "1d": ([4, 3, 3], [2, 3, 7]),
    "2d": ([4, 3, 3, 2], [2, 3, 5, 4]),
    "3d": ([4, 2, 2, 2, 1], [2, 2, 3, 3, 2]),
}


def conv_cases():
    for axes, (weight, shape) in SIZES.items():
        for kind in (f"ConvBn{axes}", f"ConvBnReLU{axes}"):
            for slow in (False, True):
                for mode in ("train", "eval", "frozen"):
                    for bias in (True, False):
                        on_the_edge = slow and axes == "3d"
                        quantized = "narrow" if on_the_edge else "channels"
                        yield Case(
                            kind, weight, shape, bias=bias, slow=slow, mode=mode, quantized=quantized
                        )
        yield Case(f"ConvReLU{axes}", weight, shape)
        yield Case(f"Conv{axes}", weight, shape, bias=False)
        yield Case(f"ConvReLU{axes}", weight, shape, {"padding": "same"})


def more_conv_cases():
    weight, shape = SIZES["2d"]
    grouped = ([4, 2, 3, 2], [2, 4, 5, 4], {"groups": 2, "stride": [2, 1], "padding": [1, 2]})
    for slow in (False, True):
        yield Case("ConvBn2d", *grouped, slow=slow)
        yield Case("ConvBn2d", weight, shape, {"padding": 1, "padding_mode": "circular"}, slow=slow)
        yield Case("ConvBnReLU2d", weight, shape, {"dilation": [1, 2]}, slow=slow, momentum=None)
        yield Case("ConvBn2d", weight, shape, slow=slow, eps=0.5, momentum=0.7)
        yield Case("ConvBn2d", weight, shape, slow=slow, quantized="tensor")
        yield Case("ConvBnReLU2d", weight, shape, slow=slow, quantized="float")
    yield Case("ConvBn2d", weight, shape, slow=True, zero_gamma=True)
    yield Case("ConvBn2d", weight, shape, {"padding": "same"}, source="formula")
    for mode in ("train", "eval", "frozen"):
        yield Case("ConvBn2d", weight, shape, zero_gamma=True, mode=mode, source="formula")


def linear_cases():
    for bias in (True, False):
        for mode in ("train", "eval", "frozen"):
            yield Case("LinearBn1d", [4, 5], [6, 5], bias=bias, mode=mode)
            yield Case("LinearBnReLU1d", [4, 5], [6, 5], bias=bias, mode=mode, source="formula")
            yield Case("LinearBn1d", [4, 5], [6, 5], bias=bias, mode=mode, slow=True, source="formula")
        yield Case("LinearReLU", [4, 5], [6, 5], bias=bias)
        yield Case("Linear", [4, 5], [2, 3, 5], bias=bias)


def transposed_cases():
    sizes = {
        "1d": ([3, 4, 3], [2, 3, 5]),
        "2d": ([3, 4, 2, 3], [2, 3, 3, 4]),
        "3d": ([2, 4, 2, 1, 2], [2, 2, 2, 3, 2]),
    }
    for axes, (weight, shape) in sizes.items():
        for slow in (False, True):
            for mode in ("train", "eval", "frozen"):
                yield Case(f"ConvTransposeBn{axes}", weight, shape, slow=slow, mode=mode, source="formula")
        yield Case(f"ConvTransposeBnReLU{axes}", weight, shape, bias=False, source="formula")
        yield Case(f"ConvTranspose{axes}", weight, shape, source="formula")
    grouped = ([4, 2, 2, 3], [2, 4, 3, 4], {"groups": 2, "stride": 2, "padding": 1, "output_padding": 1})
    for slow in (False, True):
        yield Case("ConvTransposeBn2d", *grouped, slow=slow, source="formula")
        yield Case("ConvTransposeBn2d", *grouped, slow=slow, quantized="tensor", source="formula")


def qconfig_of(case):
    return QConfig(activation=nn.Identity, weight=WEIGHTS[case.quantized])


def axes_of(case):
    return "" if case.kind.startswith("Linear") else case.kind[-2:]


def layer_of(case):
    """The float layer, with its weights."""
    transposed, groups = "Transpose" in case.kind, case.options.get("groups", 1)
    if case.kind.startswith("Linear"):
        layer = nn.Linear(case.weight[1], case.weight[0], bias=case.bias)
    else:
        first, second, *kernel = case.weight
        channels = (first, second * groups) if transposed else (second * groups, first)
        made = getattr(nn, f"Conv{'Transpose' if transposed else ''}{axes_of(case)}")
        layer = made(*channels, kernel, bias=case.bias, **case.options)
    layer.weight.data.copy_(value(11, case.weight))
    if case.bias:
        layer.bias.data.copy_(value(12, [layer.bias.numel()]))
    return layer


def channels_of(case):
    groups = case.options.get("groups", 1)
    return case.weight[1] * groups if "Transpose" in case.kind else case.weight[0]


def bn_of(case):
    if "Bn" not in case.kind:
        return None
    count = channels_of(case)
    bn = getattr(nn, f"BatchNorm{axes_of(case) or '1d'}")(count, eps=case.eps, momentum=case.momentum)
    bn.running_mean.copy_(value(13, [count]))
    bn.running_var.copy_(0.25 + 1.5 * value(14, [count]).abs())
    signs = torch.tensor([-1.0 if i % 3 == 2 else 1.0 for i in range(count)])
    bn.weight.data.copy_((value(15, [count]) + 1.25) * signs)
    bn.bias.data.copy_(value(16, [count]))
    if case.zero_gamma:
        bn.weight.data[1] = 0
    return bn


class Formula(nn.Module):
    """The definition, for any layer: see packages/quantization/src/kinds/qat-forward.ts."""

    def __init__(self, case):
        super().__init__()
        self.layer, self.bn, self.case = layer_of(case), bn_of(case), case
        axis = 1 if "Transpose" in case.kind else 0
        given = {"ch_axis": axis} if case.quantized == "channels" else {}
        self.weight_fake_quant = WEIGHTS[case.quantized](**given)
        self.relu = nn.ReLU() if "ReLU" in case.kind else nn.Identity()

    @property
    def weight(self):
        return self.layer.weight

    @property
    def bias(self):
        return self.layer.bias

    def compute(self, x, weight, bias):
        state = {"weight": weight, "bias": bias}
        layer = self.layer
        if bias is None and layer.bias is not None:
            state["bias"] = torch.zeros_like(layer.bias)
        return torch.func.functional_call(layer, {k: v for k, v in state.items() if v is not None}, x)

    def on_weight(self, factor):
        rank = self.weight.dim()
        if "Transpose" not in self.case.kind:
            return factor.reshape([-1] + [1] * (rank - 1))
        groups = self.case.options.get("groups", 1)
        inputs, per_group = self.case.weight[:2]
        rows = factor.reshape(groups, 1, per_group).expand(groups, inputs // groups, per_group)
        return rows.reshape([inputs, per_group] + [1] * (rank - 2))

    def on_output(self, factor):
        return factor.reshape([1, -1] + [1] * (max(self.weight.dim(), 2) - 2))

    def forward(self, x):
        if self.bn is None:
            return self.relu(self.compute(x, self.weight_fake_quant(self.weight), self.bias))
        return self.relu(self.slow(x) if self.case.slow else self.approximate(x))

    def approximate(self, x):
        bn = self.bn
        factor = bn.weight / torch.sqrt(bn.running_var + bn.eps)
        scaled = self.weight_fake_quant(self.weight * self.on_weight(factor))
        zero = factor == 0
        weight = torch.where(self.on_weight(zero), self.weight, scaled)
        y = self.compute(x, weight, None)
        y = y / self.on_output(torch.where(zero, torch.ones_like(factor), factor))
        return bn(y if self.bias is None else y + self.on_output(self.bias))

    def slow(self, x):
        bn, bias = self.bn, self.bias
        if not bn.training:
            root = torch.sqrt(bn.running_var + bn.eps)
            z = self.compute(x, self.scaled(root), None)
            mean = bn.running_mean if bias is None else bn.running_mean - bias
            return z + self.on_output(bn.bias - bn.weight * mean / root)
        y = self.compute(x, self.weight, None)
        with torch.no_grad():
            bn(y if bias is None else y + self.on_output(bias))
        root = torch.sqrt(bn.running_var + bn.eps)
        z = self.compute(x, self.scaled(root), None)
        axes = [axis for axis in range(y.dim()) if axis != 1]
        mean = y.mean(axes)
        variance = torch.square(y - self.on_output(mean)).mean(axes)
        batch = torch.sqrt(variance + bn.eps)
        return z * self.on_output(root / batch) + self.on_output(bn.bias - bn.weight * mean / batch)

    def scaled(self, root):
        return self.weight_fake_quant(self.weight * self.on_weight(self.bn.weight / root))


def torch_module(case):
    layer, bn = layer_of(case), bn_of(case)
    qconfig = qconfig_of(case)
    layer.qconfig = qconfig
    relu = [nn.ReLU()] if "ReLU" in case.kind else []
    if bn is None and not relu:
        return getattr(nnqat, case.kind).from_float(layer)
    parts = [layer] + ([bn] if bn is not None else []) + relu
    fused = getattr(nni, case.kind)(*parts)
    fused.qconfig = qconfig
    made = getattr(nniqat, case.kind).from_float(fused)
    if case.slow:
        made._enable_slow_path_for_better_numerical_stability = True
    return made


def set_mode(module, mode):
    bn = getattr(module, "bn", None)
    module.train(mode != "eval")
    if mode == "frozen" and bn is not None:
        bn.eval()


def step(module, case, k):
    module.zero_grad()
    x = value(1 + k, case.input, 1 + k).requires_grad_()
    y = module(x)
    (y * value(21 + k, list(y.shape))).sum().backward()
    bn = getattr(module, "bn", None)
    gradients = {"x": x.grad, "weight": module.weight.grad, "bias": getattr(module.bias, "grad", None)}
    if bn is not None:
        gradients.update(gamma=bn.weight.grad, beta=bn.bias.grad)
    kept = {name: encoded(grad) for name, grad in gradients.items() if grad is not None}
    return {"output": encoded(y), "gradients": kept}


def state_of(module):
    state = {}
    bn = getattr(module, "bn", None)
    if bn is not None:
        state["runningMean"] = encoded(bn.running_mean)
        state["runningVar"] = encoded(bn.running_var)
        state["numBatchesTracked"] = int(bn.num_batches_tracked)
    if hasattr(module.weight_fake_quant, "scale"):
        state["scale"] = numbers(module.weight_fake_quant.scale)
        state["zeroPoint"] = module.weight_fake_quant.zero_point.tolist()
    return state


def folded(module, case):
    """What to_float gives: torch's own where it has one, else torch's fold, group by group."""
    if case.source == "torch":
        result = module.to_float()
        layer = result[0] if isinstance(result, nn.Sequential) else result
        return layer.weight, layer.bias
    if module.bn is None:
        return module.weight, module.bias
    bn, bias = module.bn, module.bias
    if case.kind.startswith("Linear"):
        return fuse_linear_bn_weights(
            module.weight, bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
        )
    groups = case.options.get("groups", 1) if "Transpose" in case.kind else 1
    per_channel = [bias, bn.running_mean, bn.running_var, bn.weight, bn.bias]
    chunks = zip(module.weight.chunk(groups), *([None] * groups if t is None else t.chunk(groups) for t in per_channel))
    folds = [
        fuse_conv_bn_weights(w, b, m, v, bn.eps, g, be, transpose="Transpose" in case.kind)
        for w, b, m, v, g, be in chunks
    ]
    return torch.cat([w for w, _ in folds]), torch.cat([b for _, b in folds])


def record(case):
    module = torch_module(case) if case.source == "torch" else Formula(case)
    set_mode(module, case.mode)
    steps = [step(module, case, k) for k in range(2)]
    state = state_of(module)
    weight, bias = folded(module, case)
    return {
        "kind": case.kind, "weight": case.weight, "input": case.input, "options": case.options,
        "bias": case.bias, "slow": case.slow, "mode": case.mode, "quantized": case.quantized,
        "eps": case.eps, "momentum": case.momentum, "zeroGamma": case.zero_gamma,
        "source": case.source, "steps": steps, "state": state,
        "folded": {"weight": encoded(weight), "bias": None if bias is None else encoded(bias)},
    }


def layer_cases():
    cases = [*conv_cases(), *more_conv_cases(), *linear_cases(), *transposed_cases()]
    return [record(case) for case in cases]
