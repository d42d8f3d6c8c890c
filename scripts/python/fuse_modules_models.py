"""Small models described by data, and what is observed of them; used by golden_fuse_modules.py.

A model is a dict of named layers. A layer is [kind, *arguments, options], where options is a dict
and may be left out; a nested dict, which is a Sequential; or ["same", path], the very module at
that path. The TypeScript tests build the same models from the same data.
"""

import hashlib

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from golden import base64_of, dtype_name, raw_bytes

SEED_OF_TENSOR = {"weight": 1, "bias": 2, "running_mean": 3, "running_var": 4}


class OwnConv2d(nn.Conv2d):
    """A user's subclass of a torch layer."""


class Model(nn.Module):
    """Layers called one after the other in a given order, which may name one of them twice."""

    def __init__(self, layers, calls):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.calls = calls

    def forward(self, x):
        for path in self.calls:
            x = self.get_submodule(path)(x)
        return x


class Doubled(nn.Module):
    """A parametrization: the weight that is computed with is twice the one that is kept."""

    def forward(self, weight):
        return weight * 2


def value(seed, count):
    i = np.arange(count, dtype=np.int64)
    remainder = (seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003
    return remainder / 1024 - 0.978515625


def fill(layer, seed):
    """Gives every tensor of a layer the values that the header of the golden file describes."""
    for name, tensor in [*layer.named_parameters(), *layer.named_buffers()]:
        if name not in SEED_OF_TENSOR:
            continue
        values = value(seed + SEED_OF_TENSOR[name], tensor.numel())
        if name == "running_var":
            values = 0.25 + np.abs(values) * 1.5
        tensor.data.copy_(torch.from_numpy(values).reshape(tensor.shape))


def make_layer(spec, number, made):
    kind, *arguments = spec
    if kind == "same":
        return made[arguments[0]]
    options = dict(arguments.pop()) if arguments and isinstance(arguments[-1], dict) else {}
    if "dtype" in options:
        options["dtype"] = getattr(torch, options["dtype"])
    layer_class = OwnConv2d if kind == "OwnConv2d" else getattr(nn, kind)
    layer = layer_class(*arguments, **options)
    fill(layer, 10 * number)
    return layer


def make_layers(specs, made, prefix=""):
    layers = {}
    for name, spec in specs.items():
        if isinstance(spec, dict):
            layers[name] = make_container(make_layers(spec, made, f"{prefix}{name}."))
        else:
            layers[name] = make_layer(spec, len(made), made)
            made[prefix + name] = layers[name]
    return layers


def make_container(layers):
    sequential = nn.Sequential()
    for name, layer in layers.items():
        sequential.add_module(name, layer)
    return sequential


def build_model(case):
    layers = make_layers(case["layers"], {})
    model = Model(layers, case["calls"]) if "calls" in case else make_container(layers)
    for path, module in model.named_modules(remove_duplicate=False):
        module.training = path in case["training"]
    for path in case.get("parametrize", []):
        parametrize.register_parametrization(model.get_submodule(path), "weight", Doubled())
    return model


def attach_hooks(model, hooks, log):
    for path, when, name, *options in hooks:
        module = model.get_submodule(path)

        def observe(*_, name=name):
            log.append(name)

        observe.label = name
        register = module.register_forward_pre_hook if when == "pre" else module.register_forward_hook
        register(observe, **(options[0] if options else {}))


def type_name(module):
    place = type(module).__module__
    prefix = "nni" if "intrinsic" in place else "nn" if place.startswith("torch.nn") else "own"
    return f"{prefix}.{type(module).__name__}"


def tensor_text(tensor):
    shape = ", ".join(str(size) for size in tensor.shape)
    digest = hashlib.sha256(raw_bytes(tensor.reshape(-1))).hexdigest()
    return f"{dtype_name(tensor.dtype)}[{shape}] {digest[:12]}"


def hooks_of(module):
    always = module._forward_hooks_always_called
    before = [hook.label for hook in module._forward_pre_hooks.values()]
    after = [hook.label + "!" * (key in always) for key, hook in module._forward_hooks.items()]
    return [before, after]


def observe(model):
    """Types, training flags, hooks and state of a module and all that is below it."""
    modules = dict(model.named_modules(remove_duplicate=False))
    hooks = {path: hooks_of(module) for path, module in modules.items()}
    return {
        "kinds": {path: type_name(module) for path, module in modules.items()},
        "training": [path for path, module in modules.items() if module.training],
        "state": {key: tensor_text(tensor) for key, tensor in model.state_dict().items()},
        "hooks": {path: pair for path, pair in hooks.items() if pair != [[], []]},
    }


def run(model, shape, log):
    """The output of a model for an input from the formula, and the names of the hooks that ran."""
    log.clear()
    x = torch.from_numpy(value(999, int(np.prod(shape)))).float().reshape(shape)
    with torch.no_grad():
        return {"output": base64_of(model(x)), "fired": list(log)}
