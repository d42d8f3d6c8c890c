"""Cases of golden_fuse_modules.py: every row of the mapping in every variation, and beyond."""

KERNELS = {"1d": [2], "2d": [2, 1], "3d": [1, 2, 1]}
SIZES = {"1d": [2], "2d": [2, 2], "3d": [2, 2, 2]}

# Kinds of each row of torch's default mapping.
ROWS = {
    **{f"conv{d}-bn": [f"Conv{d}", f"BatchNorm{d}"] for d in KERNELS},
    **{f"conv{d}-bn-relu": [f"Conv{d}", f"BatchNorm{d}", "ReLU"] for d in KERNELS},
    **{f"conv{d}-relu": [f"Conv{d}", "ReLU"] for d in KERNELS},
    "linear-bn": ["Linear", "BatchNorm1d"],
    "linear-relu": ["Linear", "ReLU"],
    "bn2d-relu": ["BatchNorm2d", "ReLU"],
    "bn3d-relu": ["BatchNorm3d", "ReLU"],
    **{f"conv-transpose{d}-bn": [f"ConvTranspose{d}", f"BatchNorm{d}"] for d in KERNELS},
}

ACTIVATIONS = ["ReLU6", "LeakyReLU", "Tanh", "SiLU", "GELU", "Hardswish", "Sigmoid", "Softplus"]

# Kinds that torch has no row for.
ABSENT = {
    "linear-bn-relu": ["Linear", "BatchNorm1d", "ReLU"],
    "bn1d-relu": ["BatchNorm1d", "ReLU"],
    "conv-transpose2d-relu": ["ConvTranspose2d", "ReLU"],
    "conv-transpose2d-bn-relu": ["ConvTranspose2d", "BatchNorm2d", "ReLU"],
    **{
        f"conv2d-{activation.lower()}": ["Conv2d", activation]
        for activation in ACTIVATIONS
    },
    "conv2d-bn-relu6": ["Conv2d", "BatchNorm2d", "ReLU6"],
    "conv2d-bn1d": ["Conv2d", "BatchNorm1d"],
    "linear-bn2d": ["Linear", "BatchNorm2d"],
    "bn2d-conv2d": ["BatchNorm2d", "Conv2d"],
    "conv2d-sync-bn": ["Conv2d", "SyncBatchNorm"],
    "own-conv2d-bn": ["OwnConv2d", "BatchNorm2d"],
    "own-conv2d-relu": ["OwnConv2d", "ReLU"],
    "conv2d-identity": ["Conv2d", "Identity"],
    "conv2d-relu-relu": ["Conv2d", "ReLU", "ReLU"],
}

# Options of the first layer, of the batch-norm, and other channel counts.
VARIANTS = {
    "no-bias": {"layer": {"bias": False}},
    "not-affine": {"bn": {"affine": False}},
    "not-affine-no-bias": {"layer": {"bias": False}, "bn": {"affine": False}},
    "no-beta": {"bn": {"bias": False}},
    "no-running-statistics": {"bn": {"track_running_stats": False}},
    "eps": {"bn": {"eps": 0.001}},
    "two-groups": {"layer": {"groups": 2}},
    "depthwise": {"layer": {"groups": 4, "bias": False}},
    "too-many-features": {"features": 8},
    "one-feature": {"features": 1},
    "one-feature-no-bias": {"features": 1, "layer": {"bias": False}},
    "one-channel": {"channels": 1, "features": 4},
}


def layer_spec(kind, channels, features, options):
    if kind == "Linear":
        return [kind, 4, channels, *options]
    if "Conv" in kind:
        return [kind, 4, channels, KERNELS[kind[-2:]], *options]
    if "Norm" in kind:
        return [kind, features, *options]
    return [kind]


def layer_name(kind, position):
    if "Norm" in kind:
        return "bn"
    return "layer" if kind == "Linear" or "Conv" in kind else f"act{position}"


def layers_of(kinds, variant=None):
    variant = variant or {}
    channels = variant.get("channels", 4)
    features = variant.get("features", channels)
    layers = {}
    for position, kind in enumerate(kinds):
        name = layer_name(kind, position)
        options = [variant[name]] if name in variant else []
        layers[name] = layer_spec(kind, channels, features, options)
    return layers


def input_shape(kinds):
    for kind in kinds:
        if kind[-2:] in SIZES:
            return [2, 4] if kinds[0] == "Linear" else [2, 4, *SIZES[kind[-2:]]]
    return [2, 4]


def case(name, layers, groups, training=(), api="fuse_modules", **more):
    training = [path for path in ["", *layers] if path in training]
    return {"id": name, "api": api, "layers": layers, "training": training, "groups": groups, **more}


APIS = {"inference": "fuse_modules", "qat": "fuse_modules_qat"}


def mode_cases():
    """Every row with its layers in one mode or several, and the functions below the API."""
    for row, kinds in ROWS.items():
        layers = layers_of(kinds)
        names = list(layers)
        modes = {"eval": [], "train": ["", *names]}
        modes |= {f"only-{name}-trains": ["", name] for name in names}
        for use, api in APIS.items():
            for mode, training in modes.items():
                ran = {"run": input_shape(kinds)} if mode in ("eval", "train") else {}
                yield case(f"rows/{row}/{use}/{mode}", layers, names, training, api, **ran)
            training = names if use == "qat" else []
            for below in ("fuse_known_modules", "get_fuser_method"):
                name = f"rows/{row}/{use}/{below}"
                yield case(name, layers, names, training, below, qat=use == "qat")


def variant_fits(kinds, variant):
    grouped = "groups" in variant.get("layer", {})
    has_norm = any("Norm" in kind for kind in kinds)
    has_layer = "Norm" not in kinds[0]
    return (
        (has_layer or "layer" not in variant)
        and (has_norm or ("bn" not in variant and "features" not in variant))
        and (has_layer or "features" not in variant)
        and (not grouped or "Conv" in kinds[0])
    )


def variant_cases():
    for row, kinds in ROWS.items():
        for variant, changes in VARIANTS.items():
            if not variant_fits(kinds, changes):
                continue
            layers = layers_of(kinds, changes)
            names = list(layers)
            yield case(f"variants/{row}/inference/{variant}", layers, names)
            if not variant.endswith("no-bias"):
                name = f"variants/{row}/qat/{variant}"
                yield case(name, layers, names, ["", *names], "fuse_modules_qat")


def absent_cases():
    for row, kinds in ABSENT.items():
        layers = layers_of(kinds)
        names = list(layers)
        yield case(f"absent/{row}/inference", layers, names)
        yield case(f"absent/{row}/qat", layers, names, ["", *names], "fuse_modules_qat")


def parametrized_cases():
    for row in ["conv2d-bn", "conv2d-bn-relu", "conv2d-relu", "linear-bn", "linear-relu"]:
        layers = layers_of(ROWS[row])
        names = list(layers)
        given = {"parametrize": ["layer"]}
        yield case(f"parametrized/{row}/inference", layers, names, **given)
        training = ["", *names]
        yield case(f"parametrized/{row}/qat", layers, names, training, "fuse_modules_qat", **given)
    layers = layers_of(ROWS["conv2d-bn"])
    yield case("parametrized/bn/inference", layers, ["layer", "bn"], parametrize=["bn"])


def dtype_cases():
    for dtype in ["float64", "float16", "bfloat16"]:
        for bn_dtype in [dtype, "float32"]:
            for row in ["conv2d-bn-relu", "linear-bn"]:
                variant = {"layer": {"dtype": dtype}, "bn": {"dtype": bn_dtype}}
                layers = layers_of(ROWS[row], variant)
                yield case(f"dtypes/{row}/{dtype}-{bn_dtype}", layers, list(layers))


def row_cases():
    for cases in (mode_cases, variant_cases, absent_cases, parametrized_cases, dtype_cases):
        yield from cases()
