"""The cases of golden_fuse_modules.py, as data."""

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

# Kinds that torch has no row for.
ABSENT = {
    "linear-bn-relu": ["Linear", "BatchNorm1d", "ReLU"],
    "bn1d-relu": ["BatchNorm1d", "ReLU"],
    "conv-transpose2d-relu": ["ConvTranspose2d", "ReLU"],
    "conv-transpose2d-bn-relu": ["ConvTranspose2d", "BatchNorm2d", "ReLU"],
    **{
        f"conv2d-{activation.lower()}": ["Conv2d", activation]
        for activation in ["ReLU6", "LeakyReLU", "Tanh", "SiLU", "GELU", "Hardswish", "Sigmoid", "Softplus"]
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


def layers_of(kinds, variant={}):
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
    """Every row, with every layer in either mode, one layer only in another, and the functions below the API."""
    for row, kinds in ROWS.items():
        layers = layers_of(kinds)
        names = list(layers)
        modes = {"eval": [], "train": ["", *names], **{f"only-{name}-trains": ["", name] for name in names}}
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
                yield case(f"variants/{row}/qat/{variant}", layers, names, ["", *names], "fuse_modules_qat")


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
        yield case(f"parametrized/{row}/qat", layers, names, ["", *names], "fuse_modules_qat", **given)
    layers = layers_of(ROWS["conv2d-bn"])
    yield case("parametrized/bn/inference", layers, ["layer", "bn"], parametrize=["bn"])


def dtype_cases():
    for dtype in ["float64", "float16", "bfloat16"]:
        for bn_dtype in {dtype: 0, "float32": 0}:
            for row in ["conv2d-bn-relu", "linear-bn"]:
                variant = {"layer": {"dtype": dtype}, "bn": {"dtype": bn_dtype}}
                layers = layers_of(ROWS[row], variant)
                yield case(f"dtypes/{row}/{dtype}-{bn_dtype}", layers, list(layers))


CONV, BN, RELU = ["Conv2d", 4, 4, [2, 1]], ["BatchNorm2d", 4], ["ReLU"]
NETWORK = {"conv": CONV, "bn": BN, "relu": RELU, "sub": {"conv": CONV, "bn": BN}, "list": {"0": CONV, "1": BN}}
BOTH = [["conv", "bn", "relu"], ["sub.conv", "sub.bn"]]

# What is given as the list of groups, for NETWORK.
GROUPS = {
    "one list of names": ["conv", "bn", "relu"],
    "a list of lists": BOTH,
    "a list of lists, the other way round": BOTH[::-1],
    "digits in a path": ["list.0", "list.1"],
    "an empty list": [],
    "an empty group": [[]],
    "a plain string": "conv",
    "names, then a list": ["conv", ["sub.conv", "sub.bn"]],
    "a list, then a name": [["sub.conv", "sub.bn"], "conv"],
    "numbers": [1, 2],
    "a list of nothing": [None],
    "nothing": None,
    "an iterator of lists": {"iterator": BOTH},
    "an iterator of names": {"iterator": ["conv", "bn"]},
    "one name": ["conv"],
    "the same name twice": ["conv", "conv"],
    "the same group twice": [["conv", "bn"], ["conv", "bn"]],
    "a group that goes on from another": [["conv", "bn"], ["conv", "relu"]],
    "a group that goes on from another, in the wrong order": [["conv", "relu"], ["conv", "bn"]],
    "an unknown name": ["conv", "nope"],
    "an unknown name in a submodule": ["list.0", "list.9"],
    "an unknown submodule": ["nope.conv", "bn"],
    "a negative index": ["list.-1", "bn"],
    "an empty name": ["", "bn"],
    "a slice": ["list.0:2"],
    "a wildcard": ["sub.*"],
    "an attribute that is no module": ["training", "bn"],
    "layers that do not follow each other": ["conv", "sub.bn"],
    "layers with another between them": ["conv", "relu"],
    "layers in another order than they run": ["bn", "conv"],
}


def group_cases():
    for name, groups in GROUPS.items():
        yield case(f"groups/{name}", NETWORK, groups)
    broken = [["conv", "bn"], ["sub.conv", "sub.bn9"]]
    yield case("groups/one that fails after one that does not, in place", NETWORK, broken, inplace=True)
    yield case("groups/in place", NETWORK, BOTH, inplace=True)
    yield case("groups/no model", NETWORK, ["conv", "bn"], model=None)


def dataflow_cases():
    """Modules under two names, or called from two places."""
    shared = {"a": CONV, "relu1": RELU, "b": CONV, "relu2": ["same", "relu1"]}
    yield case("dataflow/a ReLU under two names, one fused", shared, ["a", "relu1"])
    yield case("dataflow/a ReLU under two names, both fused", shared, [["a", "relu1"], ["b", "relu2"]])
    alias = {"conv": CONV, "bn": BN, "again": ["same", "conv"]}
    yield case("dataflow/a convolution under two names", alias, ["conv", "bn"])
    twice = {"a": CONV, "b": CONV, "relu": RELU}
    calls = ["a", "relu", "b", "relu"]
    yield case("dataflow/a ReLU called twice, fused once", twice, ["a", "relu"], calls=calls)
    both = [["a", "relu"], ["b", "relu"]]
    yield case("dataflow/a ReLU called twice, fused twice", twice, both, calls=calls)
    between = {"conv": CONV, "act": ["Sigmoid"], "bn": BN}
    yield case("dataflow/something between the layers", between, ["conv", "bn"])
    again = {"conv": CONV, "bn": BN}
    calls = ["conv", "conv", "bn"]
    yield case("dataflow/a convolution called twice", again, ["conv", "bn"], calls=calls)


def own_method_cases():
    short = {"conv": CONV, "bn": BN, "relu": RELU, "drop": ["Dropout"], "tanh": ["Tanh"]}
    pair = {"conv": CONV, "drop": ["Dropout"]}
    for name in ["identities", "nothing in each place", "numbers", "a number", "unchanged"]:
        yield case(f"fuser func/{name}", short, ["conv", "bn"], fuser_func=name)
    yield case("fuser func/of one layer", short, ["conv"], fuser_func="identities")
    for name in ["one too few", "one too many"]:
        yield case(f"fuser func/{name}", short, ["conv", "bn"], fuser_func=name, inplace=True)
    yield case("mapping/one layer", short, ["conv"], config="one layer")
    yield case("mapping/four layers", short, ["conv", "bn", "relu", "drop"], config="four layers")
    yield case("mapping/container for its own", {"conv": CONV, "tanh": ["Tanh"]}, ["conv", "tanh"],
               config="container for its own")
    for name in ["conv, dropout", "a class as the method", "a method that gives nothing"]:
        yield case(f"mapping/{name}", pair, ["conv", "drop"], config=name)
    for name in ["conv, bn gives bn", "a bare kind as the key", "no method", "no mapping", "other keys only",
                 "no dictionary"]:
        yield case(f"mapping/{name}", short, ["conv", "bn"], config=name)
    hooks = [["conv", "pre", "first"], ["drop", "post", "last"]]
    for name in ["conv, dropout", "a method that gives nothing"]:
        yield case(f"mapping/{name}, with hooks", pair, ["conv", "drop"], config=name, hooks=hooks)


def hook_cases():
    hooks = [[path, when, f"{path}.{when}"] for path in ("layer", "bn", "act2") for when in ("pre", "post")]
    for row in ["conv2d-bn", "conv2d-bn-relu", "conv2d-relu", "linear-bn", "linear-relu", "bn2d-relu"]:
        layers = layers_of(ROWS[row])
        if "act1" in layers:
            layers["act2"] = layers.pop("act1")
        names = list(layers)
        given = {"hooks": [hook for hook in hooks if hook[0] in names], "run": input_shape(ROWS[row])}
        yield case(f"hooks/{row}/inference", layers, names, **given)
        yield case(f"hooks/{row}/qat", layers, names, ["", *names], "fuse_modules_qat", **given)
    layers = layers_of(ROWS["conv2d-relu"])
    ordered = [["layer", "pre", "1"], ["layer", "pre", "2"], ["layer", "pre", "0", {"prepend": True}],
               ["act1", "post", "4"], ["act1", "post", "5"], ["act1", "post", "3", {"prepend": True}]]
    yield case("hooks/several of a layer, in order", layers, ["layer", "act1"], hooks=ordered, run=[2, 4, 2, 2])
    always = [["act1", "post", "always", {"always_call": True}]]
    yield case("hooks/one that is always called", layers, ["layer", "act1"], hooks=always)


def all_cases():
    for cases in (mode_cases, variant_cases, absent_cases, parametrized_cases, dtype_cases, group_cases,
                  dataflow_cases, own_method_cases, hook_cases):
        yield from cases()
