"""What the golden_*.py scripts share: paths, exact bytes, and JSON with one fixed layout."""

import base64
import hashlib
import json
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]


def raw_bytes(tensor):
    """The elements of a tensor in row-major order, little-endian, whatever its dtype."""
    return tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def base64_of(tensor):
    return base64.b64encode(raw_bytes(tensor)).decode("ascii")


def sha256_of(tensor):
    return hashlib.sha256(raw_bytes(tensor)).hexdigest()


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
