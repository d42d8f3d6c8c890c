"""Export more than 40 architectures, as both exporters of torch write them, and optimize each file with others' tools.

Run: nice python scripts/python/real_architectures.py [NAME...]
     nice python scripts/python/real_architectures.py --others [NAME...]   only optimizers not run on these files yet
Then: node scripts/real-architectures.mjs

Writes NAME.torchscript.onnx, NAME.dynamo.onnx and NAME.json to .cache/real-architectures; 6 GB for all. Every export and
every optimizer runs in a process of its own with a time limit, so one that hangs or crashes is a row like the others.
onnxsim is the one that `npm run bench` has installed.
"""

import json
import multiprocessing
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

import onnx
import torch

from onnx_export import export_dynamo, export_torchscript
from real_architectures_networks import build, import_timm, names
from real_architectures_optimizers import OPTIMIZER_SECONDS, OPTIMIZERS, count_ops, onnxsim_version

FOLDER = Path(__file__).resolve().parents[2] / ".cache/real-architectures"
EXPORTERS = {"torchscript": export_torchscript, "dynamo": export_dynamo}
EXPORT_SECONDS = 300
BATCH = 2

fork = multiprocessing.get_context("fork")


def answer(connection, work):
    silence = os.open(os.devnull, os.O_WRONLY)  # The TorchScript exporter prints the whole graph of what it refuses.
    for stream in (1, 2):
        os.dup2(silence, stream)
    try:
        connection.send(work())
    except BaseException as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        connection.send({"failed": f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]})


def apart(work, seconds):
    """What the function gives, called in a process of its own; or why it gave nothing."""
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=answer, args=(theirs, work))
    process.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(seconds) else {"failed": f"not done after {seconds} s"}
    except EOFError:
        return {"failed": "its process ended"}
    finally:
        process.kill()
        process.join()


def export(name, exporter, path, timm):
    model, shape = build(name, timm)
    EXPORTERS[exporter](model, torch.randn(BATCH, *shape), str(path))
    return {"ops": count_ops(onnx.load(path)), "functions": len(onnx.load(path).functions)}


def optimize(optimizer, path):
    scratch = path.with_suffix(".scratch")
    started = time.perf_counter()
    try:
        return {"ops": count_ops(optimizer(path, scratch)), "seconds": time.perf_counter() - started}
    finally:
        scratch.unlink(missing_ok=True)


def path_of(name, exporter):
    return FOLDER / f"{name}.{exporter}.onnx"


def add_others(result, path):
    """Runs the optimizers that have not been run on a file."""
    if "failed" in result:
        return
    others = result.setdefault("others", {})
    for other, optimizer in OPTIMIZERS.items():
        if other not in others:
            others[other] = apart(lambda: optimize(optimizer, path), OPTIMIZER_SECONDS)


def exported(name, timm):
    results = {}
    for exporter in EXPORTERS:
        path = path_of(name, exporter)
        path.unlink(missing_ok=True)
        results[exporter] = apart(lambda: export(name, exporter, path, timm), EXPORT_SECONDS)
    return results


def known(name):
    results = json.loads((FOLDER / f"{name}.json").read_text())
    return {exporter: results[exporter] for exporter in EXPORTERS}


def summary(results):
    def text(result):
        return result.get("failed") or f"{sum(result['ops'].values())} nodes"

    return "; ".join(
        f"{exporter}: {text(result)}" + "".join(f", {k} {text(v)}" for k, v in result.get("others", {}).items())
        for exporter, result in results.items()
    )


def main():
    torch.set_num_threads(1)
    timm = import_timm()
    FOLDER.mkdir(parents=True, exist_ok=True)
    packages = ["torch", "timm", "onnx", "onnxruntime", "onnxscript", "onnxslim", "onnxoptimizer"]
    versions = {**{package: version(package) for package in packages}, "onnxsim": onnxsim_version()}
    given = sys.argv[1:]
    only_others = "--others" in given
    for name in [name for name in given if name != "--others"] or names():
        results = known(name) if only_others else exported(name, timm)
        for exporter, result in results.items():
            add_others(result, path_of(name, exporter))
        (FOLDER / f"{name}.json").write_text(json.dumps({"versions": versions, **results}))
        print(f"{name}: {summary(results)}", flush=True)


if __name__ == "__main__":
    main()
