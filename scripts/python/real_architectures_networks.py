"""The architectures of real_architectures.py: rows of timm's registry, and those that timm has not.

Weights are random and no statistic is one that folding could leave out unseen.
"""

import importlib.util
import re
from pathlib import Path

import torch
from torch import nn

from architectures import mlp

CLASSES = 10


def import_timm():
    """timm imports torchvision, whose compiled operators do not load beside every build of torch: none are used."""
    origin = importlib.util.find_spec("torchvision").origin
    fakes = (Path(origin).parent / "_meta_registrations.py").read_text()
    pattern = r'register_(?:fake|meta)\("(?:torchvision::)?(\w+)"'
    for name in dict.fromkeys(re.findall(pattern, fakes)):
        try:
            torch.library.define(f"torchvision::{name}", "(Tensor x) -> Tensor")
        except RuntimeError:  # It is there.
            pass
    import timm

    return timm


def convs(layer, norm, sizes, kernel, bias=False, **options):
    layers = []
    for size_in, size_out in zip(sizes, sizes[1:]):
        layers += [layer(size_in, size_out, kernel, bias=bias, **options), norm(size_out), nn.ReLU()]
    return nn.Sequential(*layers)


def double(size_in, size_out):
    return convs(nn.Conv2d, nn.BatchNorm2d, [size_in, size_out, size_out], 3, padding=1)


class UNet(nn.Module):
    """Transposed convolutions with a batch-norm each on the way up."""

    def __init__(self, sizes=(32, 64, 128, 256)):
        super().__init__()
        self.down = nn.ModuleList(double(a, b) for a, b in zip((3, *sizes), sizes))
        self.pool = nn.MaxPool2d(2)
        pairs = list(zip(sizes[::-1], sizes[-2::-1]))
        self.up = nn.ModuleList(
            convs(nn.ConvTranspose2d, nn.BatchNorm2d, pair, 2, stride=2) for pair in pairs
        )
        self.merge = nn.ModuleList(double(2 * b, b) for _, b in pairs)
        self.head = nn.Conv2d(sizes[0], CLASSES, 1)

    def forward(self, x):
        skips = []
        for down in self.down:
            x = down(x if not skips else self.pool(x))
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, skips[-2::-1]):
            x = merge(torch.cat([skip, up(x)], 1))
        return self.head(x)


def dcgan_generator(latent=100, width=64):
    sizes = [latent, 8 * width, 4 * width, 2 * width, width]
    first = convs(nn.ConvTranspose2d, nn.BatchNorm2d, sizes[:2], 4)
    middle = convs(nn.ConvTranspose2d, nn.BatchNorm2d, sizes[1:], 4, stride=2, padding=1)
    last = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(first, middle, last, nn.Tanh())


def audio_net():
    """The M5 network of Dai et al. for raw waveforms."""
    stem = convs(nn.Conv1d, nn.BatchNorm1d, [1, 32], 80, stride=16)
    body = []
    for pair in [(32, 32), (32, 64), (64, 64)]:
        body += [nn.MaxPool1d(4), convs(nn.Conv1d, nn.BatchNorm1d, pair, 3)]
    return nn.Sequential(stem, *body, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, CLASSES))


class Residual2Plus1d(nn.Module):
    """A block of R(2+1)D: space first, then time.

    With biases: what the dynamo exporter of torch 2.13 gives a Conv3d without one, ONNX Runtime refuses
    (https://github.com/microsoft/onnxscript/issues/2931).
    """

    def __init__(self, size_in, size_out, stride):
        super().__init__()
        space = {"stride": (1, stride, stride), "padding": (0, 1, 1), "bias": True}
        time = {"stride": (stride, 1, 1), "padding": (1, 0, 0)}
        self.space = convs(nn.Conv3d, nn.BatchNorm3d, [size_in, size_out], (1, 3, 3), **space)
        self.time = nn.Conv3d(size_out, size_out, (3, 1, 1), **time)
        self.bn = nn.BatchNorm3d(size_out)
        self.skip = nn.Sequential(nn.Conv3d(size_in, size_out, 1, stride), nn.BatchNorm3d(size_out))
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.time(self.space(x))) + self.skip(x))


def video_net():
    options = {"stride": (1, 2, 2), "padding": (1, 3, 3), "bias": True}
    stem = convs(nn.Conv3d, nn.BatchNorm3d, [3, 16], (3, 7, 7), **options)
    blocks = [Residual2Plus1d(a, b, 2) for a, b in [(16, 32), (32, 64)]]
    return nn.Sequential(stem, *blocks, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(64, CLASSES))


class PointNet(nn.Module):
    """Input and feature transforms, then a layer for each point, the largest over points, then a head."""

    def __init__(self, transform=3):
        super().__init__()
        self.transform = nn.Sequential(self.features(transform, [64, 128]), self.head(128, transform**2))
        self.local = self.features(transform, [64, 128, 256])
        self.classify = self.head(256, CLASSES)
        self.size = transform

    @staticmethod
    def features(size_in, sizes):
        layers = []
        for size_in, size_out in zip([size_in, *sizes], sizes):
            layers += [nn.Conv1d(size_in, size_out, 1), nn.BatchNorm1d(size_out), nn.ReLU()]
        return nn.Sequential(*layers, nn.AdaptiveMaxPool1d(1), nn.Flatten())

    @staticmethod
    def head(size_in, size_out):
        hidden = [nn.Linear(size_in, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.3)]
        return nn.Sequential(*hidden, nn.Linear(128, size_out))

    def forward(self, x):
        turn = self.transform(x).view(-1, self.size, self.size) + torch.eye(self.size)
        return self.classify(self.local(torch.bmm(turn, x)))


class ShuffleUnit(nn.Module):
    def __init__(self, size, stride):
        super().__init__()
        half = size // 2 if stride == 1 else size
        spatial = nn.Conv2d(half, half, 3, stride, 1, groups=half, bias=False)
        first = [nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(), spatial]
        last = [nn.BatchNorm2d(half), nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU()]
        self.right = nn.Sequential(*first, *last)
        depth = nn.Conv2d(size, size, 3, stride, 1, groups=size, bias=False)
        point = [nn.Conv2d(size, size, 1, bias=False), nn.BatchNorm2d(size), nn.ReLU()]
        self.left = nn.Sequential(depth, nn.BatchNorm2d(size), *point) if stride > 1 else nn.Identity()
        self.is_split = stride == 1

    def forward(self, x):
        left, right = x.chunk(2, 1) if self.is_split else (x, x)
        return self.shuffle(torch.cat([self.left(left), self.right(right)], 1))

    @staticmethod
    def shuffle(x):
        _, channels, height, width = x.shape
        return x.view(-1, 2, channels // 2, height, width).transpose(1, 2).reshape(-1, channels, height, width)


def shufflenet_v2():
    """ShuffleNet V2 with 24 channels at first: channels are split and shuffled between units."""
    layers = [convs(nn.Conv2d, nn.BatchNorm2d, [3, 24], 3, stride=2, padding=1)]
    size = 24
    for depth in [4, 8, 4]:
        layers.append(ShuffleUnit(size, 2))
        size *= 2
        layers += [ShuffleUnit(size, 1) for _ in range(depth - 1)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(size, CLASSES)]
    return nn.Sequential(*layers, *head)


# Name: (how to build it, shape of one input).
HAND_BUILT = {
    "unet": (UNet, [3, 64, 64]),
    "dcgan_generator": (dcgan_generator, [100, 1, 1]),
    "audio_m5_1d": (audio_net, [1, 8000]),
    "video_r2plus1d": (video_net, [3, 8, 32, 32]),
    "pointnet": (PointNet, [3, 128]),
    "shufflenet_v2": (shufflenet_v2, [3, 64, 64]),
    "mlp": (lambda: mlp([64, 256, 256, 256, CLASSES]), [64]),
}

# Name in timm: side of the picture.
TIMM = {
    **dict.fromkeys(["resnet18", "resnet50", "resnext50_32x4d", "seresnet50", "resnet50d", "wide_resnet50_2"], 64),
    **dict.fromkeys(["resnest26d", "skresnet18", "ecaresnet26t", "res2net50_26w_4s", "resnetv2_50"], 64),
    **dict.fromkeys(["densenet121", "dpn68", "dla34", "hrnet_w18_small"], 64),
    **dict.fromkeys(["mobilenetv1_100", "mobilenetv2_100", "mobilenetv3_large_100", "mobilenetv3_small_100"], 64),
    **dict.fromkeys(["mobilenetv4_conv_small", "efficientnet_b0", "efficientnetv2_s", "tf_efficientnet_b0"], 64),
    **dict.fromkeys(["regnetx_002", "regnety_002", "mnasnet_100", "fbnetc_100", "hardcorenas_a", "mixnet_s"], 64),
    **dict.fromkeys(["tinynet_e", "lcnet_050", "ghostnet_100", "ghostnetv2_100", "repghostnet_100"], 64),
    **dict.fromkeys(["rexnet_100", "selecsls42b", "cspdarknet53", "cspresnet50", "gernet_s", "starnet_s1"], 64),
    **dict.fromkeys(["inception_v3", "inception_v4", "legacy_xception", "xception41"], 96),
    **dict.fromkeys(["repvgg_a0", "mobileone_s0", "fastvit_t8", "repvit_m0_9", "vovnet39a"], 64),
    **dict.fromkeys(["convnext_atto", "poolformerv2_s12", "convformer_s18", "edgenext_xx_small"], 64),
    **dict.fromkeys(["vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "levit_128s", "visformer_tiny"], 224),
    **dict.fromkeys(["vgg11_bn", "vgg16_bn", "coat_lite_tiny", "efficientvit_m0", "efficientvit_b0", "nfnet_l0"], 224),
    **dict.fromkeys(["mobilevit_xxs", "mobilevitv2_050", "convmixer_768_32", "tresnet_m"], 64),
}

# With their initial weights, values grow from block to block until rounding alone decides the output: a change of the
# input by a millionth changes it by half.
GROWING = ["efficientnetv2_s"]


def names():
    return [*TIMM, *HAND_BUILT]


def build(name, timm):
    """The network at inference, and the shape of one input."""
    torch.manual_seed(0)
    if name in HAND_BUILT:
        make, shape = HAND_BUILT[name]
        model = make()
    else:
        model = timm.create_model(name, num_classes=CLASSES)
        shape = [3, TIMM[name], TIMM[name]]
    if name in GROWING:
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
    return randomized(model).eval(), shape


def randomized(model):
    """Statistics as if trained; parameters that are one number throughout, such as layer scales, are not any more."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
    with torch.no_grad():
        for parameter in model.parameters():
            first = parameter.flatten()[0]
            if parameter.numel() > 1 and (parameter == first).all():
                low, high = (-0.5, 0.5) if first == 0 else (0.5, 1.5)
                parameter.uniform_(low, high)
    return model
