"""Golden results of torch's fuse_modules and its relatives on small models, with every error.

Writes packages/nnfuse/test/golden/fuse-modules.json. Models are data (fuse_modules_models.py) and
weights come from a formula that the tests repeat, so the file holds what torch made of them: kinds,
training flags, hooks, state-dict keys with hashes, or the error.

Run: python scripts/python/golden_fuse_modules.py
"""

import json

import torch
from torch import nn
from torch.ao.quantization import fuse_modules, fuse_modules_qat, get_fuser_method
from torch.ao.quantization.fuse_modules import fuse_known_modules

from fuse_modules_fusers import CONFIGS, FUSER_FUNCS
from fuse_modules_models import attach_hooks, build_model, observe, run
from fuse_modules_requests import request_cases
from fuse_modules_rows import row_cases
from golden import ROOT

OUTPUT = ROOT / "packages/nnfuse/test/golden/fuse-modules.json"
LONGEST_MESSAGE = 240

ABOUT = [
    "layers: as in scripts/python/fuse_modules_models.py; training: paths of the modules in training",
    "mode. value(seed, i) = ((seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003) / 1024",
    "  - 0.978515625, where i is the flat row-major index. Tensors of the n-th layer (from 0, over all",
    "containers): weight value(10 n + 1, i), bias value(10 n + 2, i), running_mean value(10 n + 3, i),",
    "running_var 0.25 + abs(value(10 n + 4, i)) * 1.5, rounded to the dtype.",
    "torch: what came out, or the error; on top of an error, what the model that was fused in place has",
    "become. state: dtype, shape and the start of the sha256 of the little-endian bytes. hooks: names",
    "before and after the module, ! for always_call. run: shape of an input value(999, i); then the",
    "output is base64 of float32.",
]


def groups_of(case):
    groups = case["groups"]
    return iter(groups["iterator"]) if isinstance(groups, dict) else groups


def options_of(case):
    options = {"inplace": case.get("inplace", False)}
    if "fuser_func" in case:
        options["fuser_func"] = FUSER_FUNCS[case["fuser_func"]]
    if "config" in case:
        options["fuse_custom_config_dict"] = CONFIGS[case["config"]]
    return options


def apply_method(model, case):
    modules = [model.get_submodule(path) for path in case["groups"]]
    method = get_fuser_method(tuple(type(module) for module in modules))
    return [method(case["qat"], *modules)]


def fuse(model, case):
    if case["api"] == "fuse_known_modules":
        modules = [model.get_submodule(path) for path in case["groups"]]
        return nn.Sequential(*fuse_known_modules(modules, case["qat"]))
    if case["api"] == "get_fuser_method":
        return nn.Sequential(*apply_method(model, case))
    api = fuse_modules if case["api"] == "fuse_modules" else fuse_modules_qat
    return api(None if "model" in case else model, groups_of(case), **options_of(case))


def without_empty(observed):
    return {name: value for name, value in observed.items() if value}


def outcome(case):
    model, log = build_model(case), []
    attach_hooks(model, case.get("hooks", []), log)
    try:
        fused = fuse(model, case)
    except Exception as error:
        failed = {"error": [type(error).__name__, str(error)[:LONGEST_MESSAGE]]}
        return failed | (without_empty(observe(model)) if case.get("inplace") else {})
    observed = without_empty(observe(fused))
    if case.get("inplace"):
        observed["same"] = fused is model
    return observed | (run(fused, case["run"], log) if "run" in case else {})


def line(case):
    return json.dumps(case | {"torch": outcome(case)}, separators=(",", ":"))


def main():
    torch.set_num_threads(1)
    header = json.dumps({"torch": torch.__version__, "about": ABOUT}, indent=2).removesuffix("\n}")
    lines = [line(case) for case in [*row_cases(), *request_cases()]]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(header + ',\n  "cases": [\n' + ",\n".join(lines) + "\n  ]\n}\n", encoding="utf-8")
    print(f"{OUTPUT.relative_to(ROOT)}: {len(lines)} cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
