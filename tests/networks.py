"""Random descriptions of networks: whole ones, and ones that cannot be."""

from hypothesis import assume
from hypothesis import strategies as st

from fashion_core import architecture
from fashion_core.architecture import Layer
from fashion_core.errors import ConfigError

# Small, so that hundreds are built in seconds; every other setting is free
MAPS = st.integers(1, 6)
CONVS = st.builds(
    Layer,
    st.just("conv"),
    size=MAPS,
    kernel=st.sampled_from(architecture.KERNELS),
    same=st.booleans(),
    norm=st.booleans(),
    stride=st.sampled_from((1, 2)),
    linear=st.booleans(),
)
AVERAGES = st.booleans()
POOLS = st.builds(Layer, st.just("pool"), average=AVERAGES)
GLOBALS = st.builds(Layer, st.just("global"), average=AVERAGES)
DROPOUTS = st.builds(Layer, st.just("dropout"), share=st.sampled_from((0.05, 0.25, 0.5, 0.9)))
RESIDUALS = st.builds(Layer, st.just("residual"), size=MAPS)
DENSE = st.builds(Layer, st.just("dense"), size=st.integers(1, 12), linear=st.booleans())
MAP_LAYERS = st.one_of(CONVS, CONVS, POOLS, RESIDUALS, DROPOUTS)
ENDS = st.one_of(GLOBALS, st.just(Layer("flatten")), DENSE)


@st.composite
def networks(draw: st.DrawFn) -> architecture.Network:
    """A network that fits together, of 1 to 10 layers."""
    kept: list[Layer] = []
    for layer in draw(st.lists(MAP_LAYERS, max_size=6)):
        grown = architecture.with_fitting_residuals([*kept, layer])
        if architecture.trace(grown)[1] is None:  # one that does not fit is left out
            kept = grown
    kept += draw(st.lists(ENDS, min_size=not kept, max_size=1))
    kept += draw(st.lists(st.one_of(DENSE, DROPOUTS), max_size=2))
    return architecture.measure(kept)


WORDS = ("conv", "dense", "pool", "global", "residual", "flatten", "dropout", "bn", "same", "valid")
WORDS += ("stride", "linear", "max", "avg", "0", "1", "3", "4", "32", "0.25", "-1", "1e3", "99999")
WORDS += ("²", "konv", "", "…", "conv32")


@st.composite
def broken_texts(draw: st.DrawFn) -> str:
    """A text that looks like a description and is none."""
    layers = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
    kept = [str(layer) for layer in draw(networks()).layers]
    kept.insert(draw(st.integers(0, len(kept))), draw(layers))
    text = ", ".join(kept)
    assume(not is_network(text))
    return text


def is_network(text: str) -> bool:
    """Whether a text describes one."""
    try:
        architecture.read_network(text)
    except ConfigError:
        return False
    return True
