"""Golden results of torch's quantization: observers, fake quantization, layers for QAT.

Writes packages/quantization/test/golden/{observers,fake-quantize,qat-layers,qat-training}.json. Inputs
and weights come from a formula that the tests repeat (see golden_quantization_inputs.py), so the files
hold only what torch computes.

Run: python scripts/python/golden_quantization.py
"""

import warnings

import torch

from golden import ROOT, write_json
from golden_quantization_fake import fake_quantize_cases
from golden_quantization_inputs import INPUTS
from golden_quantization_layers import layer_cases
from golden_quantization_observers import (
    histogram_cases,
    observer_cases,
    preset_cases,
    qparams_cases,
)
from golden_quantization_sequences import sequence_cases
from golden_quantization_training import training_recorded

FOLDER = ROOT / "packages/quantization/test/golden"


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    head = {"torch": torch.__version__, "inputs": INPUTS}
    observers = {
        "qparams": qparams_cases(),
        "observers": observer_cases(),
        "histograms": histogram_cases(),
        "presets": preset_cases(),
    }
    write_json(FOLDER / "observers.json", {**head, **observers})
    fake = {"cases": fake_quantize_cases(), "sequences": sequence_cases()}
    write_json(FOLDER / "fake-quantize.json", {**head, **fake})
    write_json(FOLDER / "qat-layers.json", {**head, "cases": layer_cases()})
    write_json(FOLDER / "qat-training.json", {**head, **training_recorded()})


if __name__ == "__main__":
    main()
