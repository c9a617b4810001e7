"""A network as a short text: parsed, measured and written again, without building anything.

A description is a list of layers with commas between them:

    conv N [1|3|5] [same|valid] [bn] [stride 2] [linear]   N maps
    residual N             two convolutions with batch norm that learn what to add to N maps
    pool [max|avg]         every 2×2 places become one
    global [max|avg]       every map becomes one number
    flatten                all places of all maps become one row of numbers
    dense N [linear]       N numbers, each of all before it
    dropout P              hides a share P of the numbers in training

ReLU follows conv and dense unless they are `linear`. A linear layer to the ten classes is added.
`models.build_model` builds what is described here. Standard library only.
"""

import difflib
import math
from dataclasses import dataclass, field

from fashion_core import limits
from fashion_core.errors import ConfigError, LimitError
from fashion_core.metadata import IMAGE_SIZE, NUM_CLASSES
from fashion_core.text import format_count, format_value, one_line

# The networks that are written by hand in `models`, in this language. FashionCNNNorm also has
# biases before its batch norms; WideResidualNet also takes the mean of its answers to a picture and
# its mirror image.
NAMED = {
    "FashionCNN": "conv 32, pool, conv 64, pool, dense 128",
    "FashionCNNNorm": "conv 32 bn, pool, conv 64 bn, pool, dense 128",
    "ResidualNet": (
        "conv 32 same, pool, conv 64 same bn, residual 64, conv 128 same bn, pool, residual 128,"
        " global max"
    ),
    "DeepResidualNet": (
        "conv 32 same bn, pool, conv 64 same bn, residual 64, conv 128 same bn, pool, residual 128,"
        " conv 256 same bn, pool, residual 256, global max"
    ),
    "WideResidualNet": (
        "conv 32 same bn, residual 32, conv 64 same bn, pool, residual 64, conv 128 same bn, pool,"
        " residual 128, conv 256 same bn, pool, residual 256, global max"
    ),
}
# By hand its convolutions have biases, which the batch norms after them take away again
EXTRA_PARAMETERS = {"FashionCNNNorm": 32 + 64}

# Starting points, each with what it shows
TEMPLATES = {
    "Classic": (NAMED["FashionCNN"], "The network of every introduction."),
    "Classic with norm": (NAMED["FashionCNNNorm"], "Batch norm after each convolution."),
    "Small residual": (
        "conv 16 same bn, pool, residual 16, conv 32 same bn, pool, residual 32, global max",
        "Shortcuts: two blocks learn only what to add. An eighth of the classic's parameters.",
    ),
    "All convolutions": (
        "conv 16 same, conv 32 same stride 2, conv 64 same stride 2, conv 64 1, global avg",
        "Strides in place of pools, a mean in place of a dense layer.",
    ),
    "One hidden layer": ("dense 128", "No convolution: it does not know which pixels are near."),
    "Logistic regression": ("flatten", "Ten weighted sums of the pixels and nothing else."),
    "Too deep": (
        "conv 16 same, conv 16 same, pool, " + "conv 16 same, " * 16 + "pool, global avg",
        "Eighteen convolutions without norm or shortcut: hardly any gradient reaches the first.",
    ),
    "Too wide": (
        "conv 96, pool, conv 192, pool, dense 512",
        "More of everything than the task needs: nine times the work for little.",
    ),
}

MAX_TEXT = 2_000  # characters
KERNELS = (1, 3, 5)
MAX_MAPS, MAX_NUMBERS = 512, 4_096  # of one layer
MIN_SHARE, MAX_SHARE = 0.01, 0.9  # of a dropout
# Numbers between the layers for one image: a batch of them must fit into memory; the wide residual
# network has 430,000
MAX_VALUES = 1_000_000
POOL = 2
RESIDUAL_KERNEL = 3
MAPS_ONLY = ("conv", "residual", "pool", "global", "flatten")


@dataclass(frozen=True)
class Layer:
    """One layer as described. `size`: maps of conv and residual, numbers of dense."""

    kind: str
    size: int = 0
    kernel: int = 3
    same: bool = False
    norm: bool = False
    stride: int = 1
    linear: bool = False
    average: bool = False  # of pool and global; the largest otherwise
    share: float = 0.0  # of dropout

    @property
    def padding(self) -> int:
        """Rows and columns of zeros at each edge."""
        return self.kernel // 2 if self.same else 0

    def __str__(self) -> str:
        words = [self.kind]
        if self.kind in ("conv", "residual", "dense"):
            words.append(str(self.size))
        if self.kind == "conv":
            words += [str(self.kernel)] * (self.kernel != 3) + ["same"] * self.same
            words += ["bn"] * self.norm + ["stride 2"] * (self.stride == 2)
        if self.kind == "global":
            words.append("avg" if self.average else "max")
        words += ["avg"] * (self.kind == "pool" and self.average) + ["linear"] * self.linear
        if self.kind == "dropout":
            words.append(format_value("dropout", self.share))
        return " ".join(words)


@dataclass(frozen=True)
class Facts:
    """What a layer makes of one image, computed.

    shape: (C, H, W) or (C,), of its output; parameters: weights and biases; multiplications: of
    convolutions and linear layers, which are nearly all of the work.
    """

    shape: tuple[int, ...]
    parameters: int = 0
    multiplications: int = 0
    values: int = 0  # numbers that training keeps of it


@dataclass(frozen=True)
class Network:
    """A described network. `facts` has one entry for each layer and one for the ten outputs."""

    layers: tuple[Layer, ...]
    facts: tuple[Facts, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """The description, always in the same form; parsing it gives this network again."""
        return describe(self.layers)

    @property
    def parameters(self) -> int:
        return sum(facts.parameters for facts in self.facts)

    @property
    def multiplications(self) -> int:
        """For one image."""
        return sum(facts.multiplications for facts in self.facts)


def describe(layers: tuple[Layer, ...] | list[Layer]) -> str:
    """The text of these layers."""
    return ", ".join(map(str, layers))


def read_network(text: str) -> Network:
    """The network that a text describes.

    Raises ConfigError, which names the layer and says what would fit.
    """
    return measure(read_layers(text))


def network_of(model: str) -> Network:
    """The network of a known name or of a description. Raises ConfigError."""
    return read_network(NAMED.get(model, model))


def described(text: str) -> str:
    """The description of a known name, however it is spelled; any other text as it is."""
    known = {name.lower(): description for name, description in NAMED.items()}
    return known.get(text.strip().lower(), text)


def count_parameters_of(model: str) -> int:
    """How many parameters a network has, by its name or description. Raises ConfigError."""
    return network_of(model).parameters + EXTRA_PARAMETERS.get(model, 0)


def refuse_too_large(network: Network) -> None:
    """Raises ConfigError for a network beyond the limits of this copy."""
    try:
        allowed = limits.read_network_limits()
    except LimitError as error:
        raise ConfigError(str(error)) from error
    problem = allowed.problem(len(network.layers), network.parameters, network.multiplications)
    if problem:
        raise ConfigError(problem)


SHORT_NAME = 44  # characters


def short_name(model: str) -> str:
    """A network's name, or its description cut to a length that fits where a name stands."""
    if len(model) <= SHORT_NAME:
        return model
    layers = model.count(",") + 1
    end = f" … ({layers} layers)"
    beginning = model[: SHORT_NAME - len(end)]
    return (beginning.rpartition(",")[0] or beginning.rstrip()) + end


# Text to layers


def read_layers(text: str) -> list[Layer]:
    """The layers of a text, not yet fitted together. Raises ConfigError for one that is none."""
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        size = f"{len(text):,} characters" if isinstance(text, str) else type(text).__name__
        raise ConfigError(
            f"A network's description has at most {MAX_TEXT:,} characters: {size}. Take some layers"
            " away."
        )
    parts = [" ".join(part.lower().split()) for part in text.replace("\n", ",").split(",")]
    parts = [part for part in parts if part]
    if not parts:
        raise ConfigError(
            "The network's description is empty. Write its layers with commas between them, such"
            " as: conv 32, pool, dense 64."
        )
    return [_read_layer(part, place) for place, part in enumerate(parts, start=1)]


MAX_QUOTED = 60


def problem_at(place: int, layer: Layer | str, problem: str) -> ConfigError:
    """The error of one layer, counted from 1."""
    return ConfigError(f"Layer {place}, “{one_line(str(layer))[:MAX_QUOTED]}”: {problem}")


def _read_layer(text: str, place: int) -> Layer:
    kind, *words = text.split()
    if kind not in READERS:
        near = difflib.get_close_matches(kind[:MAX_QUOTED], READERS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        known = ", ".join(READERS)
        raise problem_at(place, text, f"no such layer.{hint} The layers are {known}.")
    try:
        return READERS[kind](words)
    except _Unfit as error:
        raise problem_at(place, text, str(error)) from None


class _Unfit(Exception):
    """What is wrong with one layer."""


def _read_conv(words: list[str]) -> Layer:
    size, words = _take_size("conv", words, MAX_MAPS)
    values = {}
    while words:
        word = words.pop(0)
        if word == "stride":
            stride = words.pop(0) if words else "nothing"
            if stride not in ("1", "2"):
                raise _Unfit(f"the stride can be 2, not {stride[:MAX_QUOTED]}.")
            new = {"stride": int(stride)}
        elif word.isascii() and word.isdigit():
            if word not in map(str, KERNELS):
                raise _Unfit(f"the kernel can be 1, 3 or 5 wide, not {word[:MAX_QUOTED]}.")
            new = {"kernel": int(word)}
        elif word in CONV_WORDS:
            new = CONV_WORDS[word]
        else:
            raise _Unfit(
                f"conv takes a kernel of 1, 3 or 5, same or valid, bn, stride 2 and linear, not"
                f" “{word[:MAX_QUOTED]}”."
            )
        if values.keys() & new.keys():
            raise _Unfit(f"it says {SETTINGS[next(iter(new))]} twice. Keep one of them.")
        values |= new
    return Layer("conv", size, **values)


SETTINGS = {
    "kernel": "the kernel's width",
    "same": "same or valid",
    "norm": "bn",
    "stride": "stride",
    "linear": "linear",
}
CONV_WORDS = {
    "same": {"same": True},
    "valid": {"same": False},
    "bn": {"norm": True},
    "linear": {"linear": True},
}


def _read_residual(words: list[str]) -> Layer:
    size, words = _take_size("residual", words, MAX_MAPS)
    _refuse_rest("residual", words, "only the number of maps")
    return Layer("residual", size)


def _read_dense(words: list[str]) -> Layer:
    size, words = _take_size("dense", words, MAX_NUMBERS)
    linear = words[:1] == ["linear"]
    _refuse_rest("dense", words[linear:], "a number and linear")
    return Layer("dense", size, linear=linear)


def _reader_of_places(kind: str):
    """Of pool and global, which take the largest or the mean."""

    def read(words: list[str]) -> Layer:
        given = [word for word in words[:1] if word in ("max", "avg")]
        _refuse_rest(kind, words[len(given) :], "max or avg")
        return Layer(kind, average=given == ["avg"])

    return read


def _read_flatten(words: list[str]) -> Layer:
    _refuse_rest("flatten", words, "nothing more")
    return Layer("flatten")


def _read_dropout(words: list[str]) -> Layer:
    share = _number(words[0]) if words else None
    if share is None or not MIN_SHARE <= share <= MAX_SHARE:
        raise _Unfit(
            f"dropout needs a share from {MIN_SHARE:g} to {MAX_SHARE:g}, as in dropout 0.25."
        )
    _refuse_rest("dropout", words[1:], "only a share")
    return Layer("dropout", share=share)


READERS = {
    "conv": _read_conv,
    "residual": _read_residual,
    "pool": _reader_of_places("pool"),
    "global": _reader_of_places("global"),
    "flatten": _read_flatten,
    "dense": _read_dense,
    "dropout": _read_dropout,
}


def _take_size(kind: str, words: list[str], most: int) -> tuple[int, list[str]]:
    """The number that comes first, and the words after it."""
    said = words[0] if words else "nothing"
    what = "numbers" if kind == "dense" else "maps"
    if not (said.isascii() and said.isdigit()) or len(said) > 9:
        raise _Unfit(f"{kind} needs the number of its {what} next, as in {kind} 32.")
    if not 1 <= int(said) <= most:
        raise _Unfit(f"{kind} can have 1 to {most:,} {what}, not {int(said):,}.")
    return int(said), words[1:]


def _refuse_rest(kind: str, words: list[str], wanted: str) -> None:
    if words:
        raise _Unfit(f"{kind} takes {wanted}, not “{' '.join(words)[:MAX_QUOTED]}”.")


def _number(word: str) -> float | None:
    """A plain decimal number of at most three places, None for anything else."""
    digits = word.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(word) > 9:
        return None
    return round(float(word), 3)


# Layers to numbers


def measure(layers: list[Layer] | tuple[Layer, ...]) -> Network:
    """The shapes, parameters and multiplications of layers. Raises ConfigError where one is off."""
    facts, problem = trace(layers)
    if problem:
        raise problem
    values = sum(each.values for each in facts)
    if values > MAX_VALUES:
        raise ConfigError(
            f"The network would keep {values:,} numbers of each image; at most {MAX_VALUES:,} fit"
            " into memory. Take fewer maps before the first pool, or pool earlier."
        )
    return Network(tuple(layers), tuple(facts))


def trace(layers: list[Layer] | tuple[Layer, ...]) -> tuple[list[Facts], ConfigError | None]:
    """The facts of the layers, in order, and of the ten outputs; up to the first that is off.

    The second value is what is wrong with that one, None where all fit.
    """
    facts, shape = [], (1, IMAGE_SIZE, IMAGE_SIZE)
    for place, layer in enumerate(layers, start=1):
        try:
            facts.append(_facts_of(layer, shape))
        except _Unfit as error:
            return facts, problem_at(place, layer, str(error))
        shape = facts[-1].shape
    facts.append(_linear_facts(shape, NUM_CLASSES))
    return facts, None


def _facts_of(layer: Layer, shape: tuple[int, ...]) -> Facts:
    """What a layer makes of an input of this shape. Raises _Unfit."""
    if layer.kind == "dropout":
        return Facts(shape, values=math.prod(shape))
    if layer.kind == "dense":
        return _linear_facts(shape, layer.size)
    if len(shape) == 1:
        raise _Unfit(
            f"{layer.kind} needs maps, but here are {shape[0]:,} single numbers. Put it before"
            " dense, flatten and global."
        )
    if layer.kind == "flatten":
        return Facts((math.prod(shape),))
    if layer.kind == "global":
        return Facts(shape[:1])
    if layer.kind == "residual":
        return _residual_facts(layer, shape)
    return _pool_facts(shape) if layer.kind == "pool" else _conv_facts(layer, shape)


def _linear_facts(shape: tuple[int, ...], outputs: int) -> Facts:
    inputs = math.prod(shape)
    return Facts((outputs,), (inputs + 1) * outputs, inputs * outputs, outputs)


def _conv_facts(layer: Layer, shape: tuple[int, ...]) -> Facts:
    channels, edge, _ = shape
    out = (edge + 2 * layer.padding - layer.kernel) // layer.stride + 1
    if out < 1:
        raise _Unfit(
            f"a kernel of {layer.kernel}×{layer.kernel} would leave nothing of {edge}×{edge}. Add"
            " same, take a smaller kernel, or take away a pool before it."
        )
    if layer.norm:
        _refuse_norm_of_one(out)
    weights = channels * layer.kernel**2 * layer.size
    extra = (2 if layer.norm else 1) * layer.size  # scale and shift in place of a bias
    new_shape = (layer.size, out, out)
    kept = math.prod(new_shape) * (2 if layer.norm else 1)
    return Facts(new_shape, weights + extra, weights * out**2, kept)


def _residual_facts(layer: Layer, shape: tuple[int, ...]) -> Facts:
    channels, edge, _ = shape
    if channels != layer.size:
        raise _Unfit(
            f"it adds to what comes in, and that has {format_count(channels, 'map')}. Write"
            f" residual {channels}, or put conv {layer.size} before it."
        )
    _refuse_norm_of_one(edge)
    weights = 2 * RESIDUAL_KERNEL**2 * channels**2
    return Facts(shape, weights + 4 * channels, weights * edge**2, 4 * math.prod(shape))


def _refuse_norm_of_one(edge: int) -> None:
    if edge == 1:
        raise _Unfit(
            "batch norm needs several numbers of each map, and of a 1×1 map a batch of one image"
            " has only one. Take bn away, or a pool before it."
        )


def _pool_facts(shape: tuple[int, ...]) -> Facts:
    channels, edge, _ = shape
    if edge < POOL:
        raise _Unfit(f"pool would leave nothing of {edge}×{edge}. Take it away.")
    new_shape = (channels, edge // POOL, edge // POOL)
    return Facts(new_shape, values=math.prod(new_shape))


# Changes


def with_fitting_residuals(layers: list[Layer]) -> list[Layer]:
    """The layers, each residual with as many maps as come in."""
    fitted, maps = [], 1
    for layer in layers:
        if layer.kind == "residual":
            layer = Layer("residual", maps)
        elif layer.kind == "conv":
            maps = layer.size
        fitted.append(layer)
    return fitted


# What is added first, of each kind
ADDED = {
    "conv": Layer("conv", 16),
    "pool": Layer("pool"),
    "residual": Layer("residual", 1),
    "global": Layer("global"),
    "flatten": Layer("flatten"),
    "dense": Layer("dense", 64),
    "dropout": Layer("dropout", share=0.25),
}


def with_added(layers: list[Layer], kind: str) -> list[Layer]:
    """The layers and another one of this kind: at the end, or after the last that gives maps."""
    ends = ("global", "flatten", "dense")
    first_end = next((i for i, layer in enumerate(layers) if layer.kind in ends), len(layers))
    place = first_end if kind in MAPS_ONLY else len(layers)
    return with_fitting_residuals([*layers[:place], ADDED[kind], *layers[place:]])


WIDTHS = (8, 16, 32, 64)  # a sweep


def with_width(text: str, width: int) -> str:
    """The description with so many maps or numbers in its first layer, the others in proportion.

    Raises ConfigError for one without such a layer, or that does not fit.
    """
    layers = read_layers(text)
    first = next((layer.size for layer in layers if layer.kind in ("conv", "dense")), None)
    if first is None:
        raise ConfigError("This network has no layer with a width. Add conv or dense.")
    scaled = [_scaled(layer, width / first) for layer in layers]
    return measure(with_fitting_residuals(scaled)).text


def _scaled(layer: Layer, factor: float) -> Layer:
    if layer.kind not in ("conv", "dense"):
        return layer
    most = MAX_MAPS if layer.kind == "conv" else MAX_NUMBERS
    values = vars(layer) | {"size": min(most, max(1, round(layer.size * factor)))}
    return Layer(**values)
