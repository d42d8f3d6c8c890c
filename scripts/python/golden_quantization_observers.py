"""Golden states and parameters of torch's observers."""

import torch
from torch.ao.quantization import get_default_qat_qconfig, get_default_qconfig
from torch.ao.quantization import observer as ao

from golden_quantization_inputs import numbers, value

DTYPES = {"int8": torch.qint8, "uint8": torch.quint8}
SCHEMES = {"affine": torch.per_tensor_affine, "symmetric": torch.per_tensor_symmetric}
CHANNEL_SCHEMES = {"affine": torch.per_channel_affine, "symmetric": torch.per_channel_symmetric}

RANGES = [
    (-1.0, 1.0), (0.0, 1.0), (-1.0, 0.0), (0.5, 1.0), (-3.0, -0.25), (-1.0, 2.0), (-2.0, 1.0),
    (0.0, 0.0), (-1e-9, 1e-9), (1e-20, 2e-20), (-0.1, 123.456), (-1e30, 3e30), (-0.3333, 0.7777),
    (-7.7, 0.0013), (1.0, 1.0), (-127.5, 127.5), (-1 / 3, 2 / 3),
]
CUSTOM = {"int8": [(-127, 127), (-8, 7), (-100, 27)], "uint8": [(0, 127), (0, 15), (0, 254)]}


def options_of():
    for dtype in DTYPES:
        for scheme in SCHEMES:
            # torch refuses half the range for symmetric uint8.
            reductions = (False,) if (dtype, scheme) == ("uint8", "symmetric") else (False, True)
            for reduce_range in reductions:
                yield dtype, scheme, reduce_range, None, None
                for low, high in CUSTOM[dtype]:
                    yield dtype, scheme, reduce_range, low, high


def qparams_cases():
    cases = []
    for dtype, scheme, reduce_range, low, high in options_of():
        made = ao.MinMaxObserver(
            dtype=DTYPES[dtype], qscheme=SCHEMES[scheme], reduce_range=reduce_range,
            quant_min=low, quant_max=high,
        )
        results = []
        for bottom, top in RANGES:
            made.min_val.copy_(torch.tensor(bottom))
            made.max_val.copy_(torch.tensor(top))
            scale, zero_point = made.calculate_qparams()
            results.append([float(made.min_val), float(made.max_val), float(scale), int(zero_point)])
        case = {"dtype": dtype, "scheme": scheme, "reduceRange": reduce_range}
        if low is not None:
            case.update(min=low, max=high)
        cases.append({**case, "quantMin": made.quant_min, "quantMax": made.quant_max, "results": results})
    return cases


def observed(made, shapes):
    for k, shape in enumerate(shapes):
        made(value(31 + k, shape, 1 + 0.5 * k))
    scale, zero_point = made.calculate_qparams()
    return {
        "shapes": shapes,
        "minVal": numbers(made.min_val),
        "maxVal": numbers(made.max_val),
        "scale": numbers(scale),
        "zeroPoint": [int(x) for x in zero_point.flatten().tolist()],
    }


def observer_cases():
    cases = []
    shapes = [[3, 4, 2, 5], [3, 4, 2, 5], [3, 4, 2, 5]]
    for dtype in DTYPES:
        for scheme in SCHEMES:
            given = {"dtype": DTYPES[dtype], "qscheme": SCHEMES[scheme]}
            about = {"dtype": dtype, "scheme": scheme}
            cases.append({"observer": "minMax", **about, **observed(ao.MinMaxObserver(**given), shapes)})
            for constant in (0.01, 0.3, 1.0):
                made = ao.MovingAverageMinMaxObserver(averaging_constant=constant, **given)
                about_it = {"averagingConstant": constant, **about}
                cases.append({"observer": "movingAverage", **about_it, **observed(made, shapes)})
            for axis in range(4):
                given = {"dtype": DTYPES[dtype], "qscheme": CHANNEL_SCHEMES[scheme], "ch_axis": axis}
                about_it = {"axis": axis, **about}
                made = ao.PerChannelMinMaxObserver(**given)
                cases.append({"observer": "minMax", **about_it, **observed(made, shapes)})
                for constant in (0.1, 1.0):
                    made = ao.MovingAveragePerChannelMinMaxObserver(averaging_constant=constant, **given)
                    averaged = {"averagingConstant": constant, **about_it}
                    cases.append({"observer": "movingAverage", **averaged, **observed(made, shapes)})
    return cases


def with_outliers(count):
    x = value(41, [count])
    x = x * x * x
    x[5], x[77] = 40.0, -13.0
    return x


DATA = {
    "uniform": value(42, [4000]),
    "cubed": value(43, [4000]) ** 3,
    "outliers": with_outliers(4000),
    "positive": value(44, [4000]).clamp(min=0),
}


def histogram_cases():
    """What torch's search makes of a histogram; the histogram is given, so that only the search is compared."""
    cases = []
    for name, data in DATA.items():
        for bins in (128, 512):
            made = ao.HistogramObserver(bins=bins)
            made(data)
            new_min, new_max = made._non_linear_param_search()
            scale, zero_point = made.calculate_qparams()
            cases.append({
                "data": name,
                "counts": [int(x) for x in made.histogram.tolist()],
                "minVal": float(made.min_val),
                "maxVal": float(made.max_val),
                "newMin": float(new_min),
                "newMax": float(new_max),
                "scale": float(scale),
                "zeroPoint": int(zero_point),
            })
    return cases


def format_of(made):
    """Dtype, scheme, range and axis that an observer or a fake quantization works with."""
    observer = getattr(made, "activation_post_process", made)
    kind = str(observer.qscheme)
    return {
        "dtype": "int8" if observer.dtype == torch.qint8 else "uint8",
        "scheme": "symmetric" if "symmetric" in kind else "affine",
        "axis": observer.ch_axis if "channel" in kind else None,
        "min": observer.quant_min,
        "max": observer.quant_max,
        "observer": type(observer).__name__,
    }


def preset_cases():
    return [
        {
            "backend": backend,
            "use": use,
            "activation": format_of(qconfig.activation()),
            "weight": format_of(qconfig.weight()),
        }
        for backend in ("x86", "qnnpack", "onednn")
        for use, qconfig in (
            ("qat", get_default_qat_qconfig(backend, version=0)),
            ("calibration", get_default_qconfig(backend)),
        )
    ]
