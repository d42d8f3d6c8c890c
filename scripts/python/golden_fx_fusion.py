"""Golden results of torch's FX fusion (fuse_fx), row by row of its backends' tables, with every error.

Writes packages/nnfuse/test/golden/fx-fusion.json. The rows are read out of torch's own tables and a
small model is made of each pattern; the other cases are what the tables do when two of their rows, or
two calls of one layer, meet.

Run: python scripts/python/golden_fx_fusion.py
"""

import json
import operator
import warnings

import torch
from torch import fx, nn
from torch.ao.quantization import backend_config as backends
from torch.ao.quantization.backend_config.utils import get_fuser_method_mapping
from torch.ao.quantization.fx.pattern_utils import _sorted_patterns_dict
from torch.ao.quantization.qconfig_mapping import get_default_qat_qconfig_mapping
from torch.ao.quantization.quantize_fx import fuse_fx, prepare_qat_fx
from torch.ao.quantization.utils import MatchAllNode
from torch.nn import functional as F

from fuse_modules_models import make_layers, run, type_name
from fx_fusion_cases import CASES
from golden import ROOT

OUTPUT = ROOT / "packages/nnfuse/test/golden/fx-fusion.json"
LONGEST_MESSAGE = 240
CHANNELS = 3

ABOUT = [
    "layers: as in fuse-modules.json, with its formula for their values. calls: name of the value, what",
    "is called (a layer or a function), and its inputs: values or numbers. The last value is the output.",
    "row: place in the backend's table, in the order in which torch tries its patterns; pattern: as torch",
    "writes it, from the end, * for anything. run: shape of an input value(999, i).",
    "torch: the calls of the fused graph, and the output as base64 of float32; or the error.",
]

FUNCTIONS = {
    "F.relu": F.relu,
    "F.relu_": F.relu_,
    "F.leaky_relu": F.leaky_relu,
    "torch.relu": torch.relu,
    "torch.tanh": torch.tanh,
    "torch.add": torch.add,
    "operator.add": operator.add,
    "operator.iadd": operator.iadd,
}
NAMES = {function: name for name, function in FUNCTIONS.items()}
LAYER_NAMES = {
    "Conv": "conv",
    "Batch": "bn",
    "Linear": "linear",
    "ReLU": "relu",
    "LeakyReLU": "act",
    "Tanh": "act",
}


def axes_of(kind):
    return int(kind[-2]) if kind[-2:] in ("1d", "2d", "3d") else 0


def make_spec(kind):
    """A layer that gives what it is given the shape of."""
    if kind.startswith("Conv"):
        return [kind, CHANNELS, CHANNELS, [1] * axes_of(kind)]
    if kind.startswith("BatchNorm"):
        return [kind, CHANNELS]
    return [kind, CHANNELS, CHANNELS] if kind == "Linear" else [kind]


class RowModel:
    """Layers and calls in which a pattern stands; a function that it needs is called at the start as well."""

    def __init__(self, pattern):
        self.layers, self.calls = {}, []
        self.start = "x"
        for name in self.functions_of(pattern):
            inputs = ["x", "x"] if name.endswith("add") else [self.start]
            self.start = self.call("start", name, inputs)
        self.append(pattern)

    def functions_of(self, pattern):
        parts = pattern if isinstance(pattern, tuple) else (pattern,)
        head, *rest = parts
        names = [NAMES[head]] if head in NAMES else []
        return names + [name for part in rest for name in self.functions_of(part)]

    def call(self, value, target, inputs):
        self.calls.append([value, target, *inputs])
        return value

    def append(self, pattern):
        """Calls what the pattern says, inputs first, and gives the name of the value."""
        if pattern is MatchAllNode:
            return self.start
        head, *arguments = pattern if isinstance(pattern, tuple) else (pattern,)
        inputs = [self.append(argument) for argument in arguments] or [self.start]
        if head in NAMES:
            return self.call(NAMES[head].split(".")[1], NAMES[head], inputs)
        name = next(name for start, name in LAYER_NAMES.items() if head.__name__.startswith(start))
        self.layers[name] = make_spec(head.__name__)
        return self.call(name, name, inputs)


def pattern_text(pattern):
    if isinstance(pattern, tuple):
        return f"({', '.join(pattern_text(part) for part in pattern)})"
    if pattern is MatchAllNode:
        return "*"
    return NAMES.get(pattern) or pattern.__name__


def config_of(backend):
    return getattr(backends, f"get_{backend}_backend_config")()


def row_cases(backend):
    patterns = _sorted_patterns_dict(get_fuser_method_mapping(config_of(backend)))
    for row, pattern in enumerate(patterns, 1):
        model = RowModel(pattern)
        yield {
            "backend": backend,
            "row": row,
            "pattern": pattern_text(pattern),
            "layers": model.layers,
            "calls": model.calls,
        }


def input_shape(case):
    kinds = [kind for kind, *_ in case["layers"].values()]
    axes = 0 if "Linear" in kinds else max(axes_of(kind) for kind in kinds)
    return [2, CHANNELS, *[4] * axes]


def function_of(target, arguments):
    name, _, alpha = target.removesuffix(")").partition("(alpha=")
    return FUNCTIONS[name], arguments, {"alpha": float(alpha)} if alpha else {}


def build(case):
    """The model as a graph, so that nothing hangs on how it would be traced."""
    root = nn.Module()
    for name, layer in make_layers(case["layers"], {}).items():
        setattr(root, name, layer)
    graph = fx.Graph()
    values = {"x": graph.placeholder("x")}
    for value, target, *inputs in case["calls"]:
        arguments = tuple(values.get(name, name) for name in inputs)
        if target in case["layers"]:
            values[value] = graph.call_module(target, arguments)
        else:
            values[value] = graph.call_function(*function_of(target, arguments))
    graph.output(values[case["calls"][-1][0]])
    return fx.GraphModule(root, graph).eval()


def fuse(case):
    model = build(case)
    if case["backend"] == "qat":
        example = (torch.zeros(input_shape(case)),)
        return prepare_qat_fx(model.train(), get_default_qat_qconfig_mapping(), example)
    return fuse_fx(model, backend_config=config_of(case["backend"]))


def calls_of(model):
    calls = []
    for node in model.graph.nodes:
        if node.op == "call_module":
            calls.append([node.target, type_name(model.get_submodule(node.target))])
        elif node.op == "call_function":
            calls.append([node.name, NAMES[node.target]])
    return calls


def outcome(case):
    try:
        fused = fuse(case)
        return {"calls": calls_of(fused), "output": run(fused, input_shape(case), [])["output"]}
    except Exception as error:
        return {"error": [type(error).__name__, str(error)[:LONGEST_MESSAGE]]}


def line(case):
    return json.dumps(case | {"run": input_shape(case), "torch": outcome(case)}, separators=(",", ":"))


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    header = json.dumps({"torch": torch.__version__, "about": ABOUT}, indent=2).removesuffix("\n}")
    rows = [case for backend in ("native", "onednn", "executorch", "tensorrt") for case in row_cases(backend)]
    lines = [line(case) for case in [*rows, *CASES]]
    OUTPUT.write_text(header + ',\n  "cases": [\n' + ",\n".join(lines) + "\n  ]\n}\n", encoding="utf-8")
    print(f"{OUTPUT.relative_to(ROOT)}: {len(lines)} cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
