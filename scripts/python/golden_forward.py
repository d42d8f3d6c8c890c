"""Golden outputs of torch's layers, for the runtime.

Writes packages/runtime/test/golden/forward.json. Inputs and weights come from a formula (INPUTS
below) that the tests repeat, so the file holds only what torch computes.

Run: python scripts/python/golden_forward.py
"""

import base64

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from golden import ROOT, write_json

OUTPUT = ROOT / "packages/runtime/test/golden/forward.json"

INPUTS = [
    "value(seed, i) = ((seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003) / 1024",
    "  - 0.978515625, where i is the flat row-major index.",
    "Input number k of a case: scale * value(1 + k, i); scale is 1 unless the case says so.",
    "Tensors of a case: value(seed, i) with seed 11 weight, 12 bias, 13 runningMean, 15 value;",
    "14 runningVar is 0.25 + 1.5 * abs(value(14, i)).",
    "arguments are those of the kind of that name; they equal torch's, but pairs of padding are",
    "[before, after] for each axis, and same-lower is 'same' with the odd one before.",
    "expected: little-endian float32 (float64 where dtype says so) in base64, with the shape.",
]

SEEDS = {"weight": 11, "bias": 12, "runningMean": 13, "runningVar": 14, "value": 15}


def value(seed, shape):
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    remainder = (seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003
    return torch.from_numpy(remainder / 1024 - 0.978515625).reshape(shape).float()


def tensor_of(name, shape):
    drawn = value(SEEDS[name], shape)
    return 0.25 + 1.5 * drawn.abs() if name == "runningVar" else drawn


def encoded(tensor):
    array = tensor.detach().contiguous().numpy()
    return {"shape": list(tensor.shape), "data": base64.b64encode(array.tobytes()).decode("ascii")}


def case(kind, compute, inputs, arguments=None, tensors=None, scale=1, dtype="float32", **more):
    """One case; `compute` gets the inputs and the tensors by name."""
    tensors = tensors or {}
    torch_dtype = getattr(torch, dtype)
    given = [(scale * value(1 + k, shape)).to(torch_dtype) for k, shape in enumerate(inputs)]
    named = {name: tensor_of(name, shape).to(torch_dtype) for name, shape in tensors.items()}
    result = compute(*given, **named)
    content = {"kind": kind, "arguments": arguments or {}, "tensors": tensors, "inputs": inputs}
    if scale != 1:
        content["scale"] = scale
    if dtype != "float32":
        content["dtype"] = dtype
    return {**content, **more, "expected": encoded(result)}


def is_pairs(padding):
    return isinstance(padding, list) and isinstance(padding[0], list)


def torch_pads(pairs):
    """functional.pad wants the last axis first."""
    return [amount for pair in reversed(pairs) for amount in pair]


def same_lower_pairs(kernel, dilation):
    totals = [d * (k - 1) for k, d in zip(kernel, dilation)]
    return [[total - total // 2, total // 2] for total in totals]


def conv(shape, weight, bias=True, **arguments):
    axes = len(weight) - 2
    torch_arguments = {key: v for key, v in arguments.items() if key not in ("padding", "paddingMode")}
    padding = arguments.get("padding", 0)
    mode = arguments.get("paddingMode", "zeros")

    def compute(x, weight, bias=None):
        kernel = list(weight.shape[2:])
        dilation = arguments.get("dilation", 1)
        dilations = dilation if isinstance(dilation, list) else [dilation] * axes
        pads = padding
        if pads == "same-lower":
            pads = same_lower_pairs(kernel, dilations)
        elif pads == "same" and mode != "zeros":
            pads = [pair[::-1] for pair in same_lower_pairs(kernel, dilations)]
        elif mode != "zeros" and not is_pairs(pads):
            pads = [[p, p] for p in (pads if isinstance(pads, list) else [pads] * axes)]
        if is_pairs(pads):
            x = functional.pad(x, torch_pads(pads), mode="constant" if mode == "zeros" else mode)
            pads = 0
        function = getattr(functional, f"conv{axes}d")
        return function(x, weight, bias, padding=pads, **torch_arguments)

    tensors = {"weight": weight, **({"bias": [weight[0]]} if bias else {})}
    return case(f"Conv{axes}d", compute, [shape], arguments, tensors)


def conv_transpose(shape, weight, bias=True, **arguments):
    axes = len(weight) - 2
    names = {"outputPadding": "output_padding"}
    torch_arguments = {names.get(key, key): v for key, v in arguments.items()}
    padding = arguments.get("padding", 0)

    def compute(x, weight, bias=None):
        function = getattr(functional, f"conv_transpose{axes}d")
        if not is_pairs(padding):
            return function(x, weight, bias, **torch_arguments)
        full = function(x, weight, bias, **{**torch_arguments, "padding": 0})
        for axis, (before, after) in enumerate(padding):
            size = full.shape[axis + 2] - before - after
            full = full.narrow(axis + 2, before, size)
        return full

    groups = arguments.get("groups", 1)
    tensors = {"weight": weight, **({"bias": [weight[1] * groups]} if bias else {})}
    return case(f"ConvTranspose{axes}d", compute, [shape], arguments, tensors)


def max_pool(shape, **arguments):
    axes = len(shape) - 2
    names = {"kernelSize": "kernel_size", "ceilMode": "ceil_mode"}
    torch_arguments = {names.get(key, key): v for key, v in arguments.items()}
    padding = arguments.get("padding", 0)

    def compute(x):
        function = getattr(functional, f"max_pool{axes}d")
        if not is_pairs(padding):
            return function(x, **torch_arguments)
        x = functional.pad(x, torch_pads(padding), value=float("-inf"))
        return function(x, **{**torch_arguments, "padding": 0})

    # Everything below zero, so that a padding of zeros would show.
    return case(f"MaxPool{axes}d", lambda x: compute(x - 2), [shape], arguments, shift=-2)


def avg_pool(shape, **arguments):
    axes = len(shape) - 2
    names = {"kernelSize": "kernel_size", "ceilMode": "ceil_mode"}
    names["countIncludePad"] = "count_include_pad"
    torch_arguments = {names.get(key, key): v for key, v in arguments.items()}
    padding = arguments.get("padding", 0)

    def compute(x):
        function = getattr(functional, f"avg_pool{axes}d")
        if not is_pairs(padding):
            return function(x, **torch_arguments)
        inner = {**torch_arguments, "padding": 0, "count_include_pad": True}
        average = function(functional.pad(x, torch_pads(padding)), **inner)
        if arguments.get("countIncludePad", True):
            return average
        ones = functional.pad(torch.ones_like(x), torch_pads(padding))
        return average / function(ones, **inner)

    return case(f"AvgPool{axes}d", compute, [shape], arguments)


def adaptive_avg_pool(shape, size):
    axes = len(shape) - 2
    function = getattr(functional, f"adaptive_avg_pool{axes}d")
    return case(f"AdaptiveAvgPool{axes}d", lambda x: function(x, size), [shape], {"outputSize": size})


def conv_cases():
    yield conv([2, 3, 9], [4, 3, 3])
    yield conv([1, 4, 10], [6, 2, 3], groups=2, stride=2, padding=1, bias=False)
    yield conv([1, 2, 11], [3, 2, 3], dilation=3, padding=[[2, 1]])
    yield conv([1, 2, 8], [2, 2, 4], padding="same")
    yield conv([1, 2, 8], [2, 2, 4], padding="same-lower")
    yield conv([1, 2, 9], [2, 2, 3], padding="same", dilation=2, bias=False)
    yield conv([2, 3, 6, 5], [4, 3, 3, 3], padding=1)
    yield conv([1, 3, 7, 6], [2, 3, 3, 2], stride=[2, 1], padding=[1, 0], dilation=[1, 2])
    yield conv([1, 4, 5, 6], [6, 2, 3, 3], groups=2, padding=[[1, 0], [2, 1]])
    yield conv([1, 4, 5, 5], [4, 1, 3, 3], groups=4, stride=2, padding=1, bias=False)
    yield conv([1, 3, 4, 4], [6, 1, 1, 1], groups=3)
    yield conv([1, 2, 5, 6], [3, 2, 2, 4], padding="same")
    yield conv([1, 2, 5, 6], [3, 2, 2, 4], padding="same-lower", dilation=[2, 1])
    for mode in ("reflect", "replicate", "circular"):
        yield conv([1, 2, 6], [2, 2, 3], padding=2, paddingMode=mode)
        yield conv([1, 2, 5, 4], [3, 2, 3, 3], padding=[2, 1], paddingMode=mode, stride=[1, 2])
        yield conv([1, 2, 3, 4, 3], [2, 2, 2, 3, 2], padding=1, paddingMode=mode, stride=2)
        yield conv([1, 2, 5, 5], [2, 2, 3, 3], padding=[[2, 0], [1, 3]], paddingMode=mode)
    yield conv([1, 2, 5, 6], [2, 2, 2, 4], padding="same", paddingMode="reflect")
    yield conv([1, 2, 4, 5, 4], [3, 2, 2, 3, 2])
    yield conv([1, 4, 4, 5, 4], [4, 2, 2, 2, 3], groups=2, stride=[1, 2, 1], padding=[1, 0, 1])
    yield conv([1, 1, 5, 5, 5], [2, 1, 2, 2, 2], dilation=[2, 1, 3], padding=[[1, 0], [0, 2], [1, 1]])
    yield conv([1, 3, 3, 4, 3], [3, 1, 2, 2, 2], groups=3, padding="same", bias=False)


def conv_transpose_cases():
    yield conv_transpose([2, 3, 5], [3, 4, 3])
    yield conv_transpose([1, 4, 5], [4, 3, 3], groups=2, stride=2, padding=1, outputPadding=1)
    yield conv_transpose([1, 2, 6], [2, 3, 3], dilation=2, stride=3, padding=[[1, 2]], bias=False)
    yield conv_transpose([1, 2, 6], [2, 3, 1], stride=2, padding=1, outputPadding=1)
    yield conv_transpose([1, 3, 4, 3], [3, 2, 3, 3], stride=2, padding=1, outputPadding=1)
    yield conv_transpose([1, 4, 3, 4], [4, 3, 2, 3], groups=2, stride=[1, 2], dilation=[2, 1])
    yield conv_transpose([1, 4, 3, 3], [4, 1, 3, 3], groups=4, stride=2, padding=[0, 1], bias=False)
    yield conv_transpose([1, 2, 4, 4], [2, 3, 3, 3], padding=[[2, 0], [1, 1]], stride=2)
    yield conv_transpose([1, 2, 3, 2, 3], [2, 3, 2, 2, 2], stride=[2, 1, 2])
    yield conv_transpose([1, 4, 2, 3, 2], [4, 2, 2, 3, 2], groups=2, padding=1, dilation=[1, 2, 1], stride=2)


def pool_cases():
    yield max_pool([1, 2, 9], kernelSize=3)
    yield max_pool([1, 2, 9], kernelSize=2, stride=2, ceilMode=True)
    yield max_pool([1, 2, 10], kernelSize=3, stride=2, padding=1, dilation=2)
    yield max_pool([1, 2, 6, 7], kernelSize=[3, 2], stride=[2, 1], padding=1)
    yield max_pool([1, 2, 6, 6], kernelSize=3, stride=2, padding=1, ceilMode=True)
    yield max_pool([1, 2, 7, 7], kernelSize=2, stride=3, padding=1, ceilMode=True)
    yield max_pool([1, 2, 7, 8], kernelSize=3, stride=1, dilation=[2, 3], padding=[1, 0])
    yield max_pool([1, 2, 5, 6], kernelSize=3, stride=2, padding=[[0, 1], [1, 0]])
    yield max_pool([1, 2, 4, 5, 4], kernelSize=2, padding=[1, 0, 1], stride=2)
    yield max_pool([1, 1, 4, 5, 6], kernelSize=[2, 3, 2], stride=[1, 2, 3], ceilMode=True)
    yield avg_pool([1, 2, 9], kernelSize=3)
    yield avg_pool([1, 2, 9], kernelSize=4, stride=2, padding=2, ceilMode=True)
    yield avg_pool([1, 2, 8], kernelSize=3, stride=3, padding=1, countIncludePad=False)
    yield avg_pool([1, 2, 6, 7], kernelSize=[3, 2], stride=[2, 1], padding=1)
    yield avg_pool([1, 2, 6, 7], kernelSize=[3, 2], stride=[2, 1], padding=1, countIncludePad=False)
    for include in (True, False):
        arguments = {"stride": 2, "ceilMode": True, "countIncludePad": include}
        yield avg_pool([1, 2, 6, 6], kernelSize=3, padding=1, **arguments)
        yield avg_pool([1, 2, 7, 6], kernelSize=2, padding=1, **arguments)
        yield avg_pool([1, 2, 5, 6], kernelSize=3, padding=[[0, 1], [1, 0]], stride=2, countIncludePad=include)
    yield avg_pool([1, 2, 4, 5, 4], kernelSize=2, padding=1, stride=2)
    yield avg_pool([1, 2, 4, 5, 4], kernelSize=[2, 3, 2], padding=1, countIncludePad=False, ceilMode=True)
    yield adaptive_avg_pool([1, 2, 7], 3)
    yield adaptive_avg_pool([1, 2, 5], 8)
    yield adaptive_avg_pool([2, 3, 5, 6], 1)
    yield adaptive_avg_pool([1, 2, 7, 5], [3, 2])
    yield adaptive_avg_pool([1, 2, 7, 5], [None, 2])
    yield adaptive_avg_pool([1, 1, 5, 4, 7], [2, 3, None])


def batch_norm(shape, eps=1e-5, affine=True, running=True, **more):
    axes = max(1, len(shape) - 2)
    features = shape[1]
    tensors = {}
    if affine:
        tensors |= {"weight": [features], "bias": [features]}
    if running:
        tensors |= {"runningMean": [features], "runningVar": [features]}

    def compute(x, weight=None, bias=None, runningMean=None, runningVar=None):
        training = runningMean is None
        return functional.batch_norm(x, runningMean, runningVar, weight, bias, training, 0.1, eps)

    arguments = {"numFeatures": features, "eps": eps}
    return case(f"BatchNorm{axes}d", compute, [shape], arguments, tensors, **more)


def batch_norm_cases():
    yield batch_norm([4, 3])
    yield batch_norm([2, 3, 5])
    yield batch_norm([2, 3, 2, 3], eps=0.01)
    yield batch_norm([2, 3, 2, 3], affine=False)
    yield batch_norm([1, 2, 2, 3, 2])
    yield batch_norm([4, 3], running=False)
    yield batch_norm([2, 3, 2, 3], running=False, affine=False)
    yield batch_norm([2, 3, 2, 3], dtype="float64")


def elementwise_cases():
    wide = {"inputs": [[2, 3, 8]], "scale": 6}
    yield case("ReLU", functional.relu, **wide)
    yield case("ReLU6", functional.relu6, **{**wide, "scale": 9})
    yield case("LeakyReLU", functional.leaky_relu, **wide)
    yield case("LeakyReLU", lambda x: functional.leaky_relu(x, 0.3), **wide, arguments={"negativeSlope": 0.3})
    yield case("Tanh", torch.tanh, **wide)
    yield case("Sigmoid", torch.sigmoid, **{**wide, "scale": 30})
    yield case("SiLU", functional.silu, **wide)
    yield case("Hardswish", functional.hardswish, **wide)
    yield case("GELU", functional.gelu, **wide)
    yield case("GELU", lambda x: functional.gelu(x, approximate="tanh"), **wide, arguments={"approximate": "tanh"})
    for kind, compute in (
        ("Tanh", torch.tanh),
        ("Sigmoid", torch.sigmoid),
        ("GELU", functional.gelu),
        ("Hardswish", functional.hardswish),
        ("LeakyReLU", functional.leaky_relu),
    ):
        yield case(kind, compute, [[2, 9]], scale=4, dtype="float64")
    yield case("Add", torch.add, [[2, 3, 4], [2, 3, 4]])
    yield case("Add", torch.add, [[2, 3, 1, 4], [3, 5, 1]])
    yield case("Sub", torch.sub, [[2, 3, 4], [3, 1]])
    yield case("Mul", torch.mul, [[4], [2, 3, 1]])
    # Away from zero, so that no quotient is all error.
    yield case("Div", lambda a, b: (a + 2) / (b + 2), [[2, 3, 4], [3, 1]], shift=2)
    yield case("Cat", lambda *x: torch.cat(x, 1), [[2, 3, 2], [2, 1, 2], [2, 2, 2]])
    yield case("Cat", lambda *x: torch.cat(x, -1), [[2, 3, 2], [2, 3, 1]], {"axis": -1})
    yield case("Cat", lambda *x: torch.cat(x, 0), [[1, 2]] * 20, {"axis": 0})
    yield case("Flatten", lambda x: x.flatten(1), [[2, 3, 4]])
    yield case("Flatten", lambda x: x.flatten(0, -2), [[2, 3, 4]], {"startAxis": 0, "endAxis": -2})
    yield case("Identity", lambda x: x, [[2, 3]])
    yield case("Dropout", lambda x: x, [[2, 3]], {"p": 0.3})
    yield case("Constant", lambda value: value, [], {}, {"value": [2, 3]})


def pad(shape, pads, value=0, dtype="float32"):
    arguments = {"pads": pads, **({"value": value} if value else {})}
    return case("Pad", lambda x: functional.pad(x, torch_pads(pads), value=value), [shape], arguments, dtype=dtype)


def shape_cases():
    yield case("Reshape", lambda x: x.reshape(4, 3), [[2, 3, 2]], {"shape": [4, 3]})
    yield case("Reshape", lambda x: x.reshape(2, -1), [[2, 3, 2]], {"shape": ["copy", -1]})
    yield case("Reshape", lambda x: x.reshape(3, 2, 2), [[2, 2, 3]], {"shape": [3, "copy", -1]})
    yield case("Transpose", lambda x: x.permute(2, 0, 1), [[2, 3, 4]], {"perm": [2, 0, 1]})
    yield case("Transpose", lambda x: x.permute(0, 2, 3, 1), [[2, 3, 2, 2]], {"perm": [0, 2, 3, 1]})
    yield case("Squeeze", lambda x: x.squeeze((1, -1)), [[2, 1, 3, 1]], {"axes": [-1, 1]})
    yield case("Unsqueeze", lambda x: x.unsqueeze(0).unsqueeze(-1), [[2, 3]], {"axes": [-1, 0]})
    yield pad([2, 3], pads=[[0, 0], [1, 2]])
    yield pad([2, 3], pads=[[1, 0], [2, 1]], value=-1.5)
    yield pad([3], pads=[[1, 1]], value=0.1, dtype="float64")


def linear_cases():
    for shape, bias, dtype in (
        ([5], True, "float32"),
        ([3, 5], True, "float32"),
        ([2, 3, 5], False, "float32"),
        ([2, 1, 2, 5], True, "float32"),
        ([3, 5], True, "float64"),
    ):
        tensors = {"weight": [4, 5], **({"bias": [4]} if bias else {})}
        yield case("Linear", functional.linear, [shape], {}, tensors, dtype=dtype)
    for bias in ([3, 4], [3, 1], [1, 4]):
        tensors = {"weight": [4, 5], "bias": bias}
        yield case("Gemm", lambda x, weight, bias: x @ weight.T + bias, [[3, 5]], {}, tensors)


def two_training_steps(shape, momentum):
    """A batch-norm in training mode, run on inputs 1 and 2: the second output, then its statistics."""
    axes = max(1, len(shape) - 2)
    bn = getattr(nn, f"BatchNorm{axes}d")(shape[1], momentum=momentum).train()
    with torch.no_grad():
        for parameter, name in ((bn.weight, "weight"), (bn.bias, "bias")):
            parameter.copy_(tensor_of(name, [shape[1]]))
        bn.running_mean.copy_(tensor_of("runningMean", [shape[1]]))
        bn.running_var.copy_(tensor_of("runningVar", [shape[1]]))
    bn(value(1, shape))
    output = bn(3 * value(2, shape))
    return {
        "kind": f"BatchNorm{axes}d",
        "shape": shape,
        "momentum": momentum,
        "expected": encoded(output),
        "runningMean": encoded(bn.running_mean),
        "runningVar": encoded(bn.running_var),
        "numBatchesTracked": int(bn.num_batches_tracked),
    }


class Block(nn.Module):
    """conv-bn-relu-conv-bn, plus its input (or a 1x1 convolution of it), relu."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if inputs != outputs:
            self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class Net(nn.Module):
    """A stem with a max-pool, two residual blocks, average pooling, a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 1, 1)
        self.bn = nn.BatchNorm2d(4)
        self.layer1 = Block(4, 4, 1)
        self.layer2 = Block(4, 6, 2)
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = functional.max_pool2d(self.bn(self.conv(x)).relu(), 3, 2, 1)
        x = self.layer2(self.layer1(x))
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def residual_network():
    """State-dict entry number k holds 0.6 * value(20 + k, i); variances are positive, as above."""
    net = Net()
    for k, (name, tensor) in enumerate(net.state_dict().items()):
        if tensor.dtype != torch.int64:
            drawn = value(20 + k, list(tensor.shape))
            tensor.copy_(0.25 + 1.5 * drawn.abs() if name.endswith("running_var") else 0.6 * drawn)
    x = value(1, [2, 3, 10, 12])
    inference = encoded(net.eval()(x))
    training = encoded(net.train()(x))
    state = {k: encoded(t) for k, t in net.state_dict().items() if k.endswith(("_mean", "_var"))}
    return {"input": [2, 3, 10, 12], "inference": inference, "training": training, "state": state}


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class Boom(nn.Module):
    def forward(self, x):
        raise ValueError("boom")


def numbers(tensors):
    return [round(float(t.flatten()[0]), 4) for t in tensors]


def hook_order():
    """What hooks on several levels see, in order: a shared layer is called twice, hooks change values."""
    log = []
    shared = Scale(2)
    inner = nn.Sequential(shared, nn.ReLU(), shared)
    model = nn.Sequential(Scale(3), inner, Scale(-1))

    def pre(name, change=None):
        def hook(module, inputs):
            log.append([f"pre {name}", numbers(inputs)])
            return change(inputs[0]) if change else None

        return hook

    def post(name, change=None):
        def hook(module, inputs, output):
            log.append([f"post {name}", numbers(inputs), numbers([output])])
            return change(output) if change else None

        return hook

    model.register_forward_pre_hook(pre("model"))
    model.register_forward_hook(post("model a", lambda y: y + 100))
    model.register_forward_hook(post("model b"))
    model[0].register_forward_hook(post("first", lambda y: y + 0.5))
    inner.register_forward_pre_hook(pre("inner a", lambda x: x * 10))
    inner.register_forward_pre_hook(pre("inner b", lambda x: (x + 1,)))
    inner.register_forward_hook(post("inner"))
    shared.register_forward_pre_hook(pre("shared"))
    shared.register_forward_hook(post("shared"))
    inner[1].register_forward_hook(post("relu"))
    output = model(torch.ones(2))
    return {"log": log, "output": numbers([output])}


def failing_hook_order():
    """Which hooks still run when a layer in the middle throws."""
    log = []
    model = nn.Sequential(nn.Sequential(Scale(2), Boom()), Scale(3))

    def post(name):
        return lambda module, inputs, output: log.append([name, numbers(inputs), output is None])

    model.register_forward_hook(post("model"))
    model.register_forward_hook(post("model always"), always_call=True)
    model[0].register_forward_hook(post("inner always"), always_call=True)
    model[0][0].register_forward_hook(post("scale always"), always_call=True)
    model[0][1].register_forward_pre_hook(lambda module, inputs: log.append(["boom pre", numbers(inputs), True]))
    model[0][1].register_forward_hook(post("boom always a"), always_call=True)
    model[0][1].register_forward_hook(post("boom"))
    model[0][1].register_forward_hook(post("boom always b"), always_call=True)
    model[1].register_forward_hook(post("last always"), always_call=True)
    try:
        model(torch.ones(2))
    except ValueError:
        log.append(["thrown", [], True])
    return {"log": log}


def main():
    torch.set_num_threads(1)
    with torch.no_grad():
        cases = [
            *conv_cases(),
            *conv_transpose_cases(),
            *pool_cases(),
            *batch_norm_cases(),
            *linear_cases(),
            *elementwise_cases(),
            *shape_cases(),
        ]
        content = {
            "torch": torch.__version__,
            "inputs": INPUTS,
            "cases": [{"id": f"{i} {entry['kind']}", **entry} for i, entry in enumerate(cases)],
            "training": [
                two_training_steps([4, 3], 0.1),
                two_training_steps([2, 3, 5], 0.3),
                two_training_steps([2, 3, 2, 3], None),
                two_training_steps([2, 2, 2, 3, 2], 0.1),
            ],
            "residual": residual_network(),
            "hooks": hook_order(),
            "failingHooks": failing_hook_order(),
        }
    write_json(OUTPUT, content)


if __name__ == "__main__":
    main()
