"""From fashion_core.plots."""

import numpy as np

# Okabe and Ito, "Color Universal Design", 2008: told apart under every common colour vision
# deficiency.
SERIES_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")

# Sequential scales: light and dark start at the page's own background, so that an empty cell is no
# colour at all. Dense near zero, because mistakes are few against the diagonal. One hue: lightness
# alone carries the value.
SCALES = {
    False: (
        (0.0, "#FFFFFF"),
        (0.05, "#DDE3FF"),
        (0.15, "#B4C0FF"),
        (0.5, "#4C66F5"),
        (1.0, "#16206E"),
    ),
    True: (
        (0.0, "#12141C"),
        (0.05, "#232A4F"),
        (0.15, "#333E7E"),
        (0.5, "#5B70DE"),
        (1.0, "#DDE3FF"),
    ),
}
# Diverging scales of the same kind: fewer is blue, none the page itself, more orange (Okabe and
# Ito's two, which stay apart under every colour vision deficiency). Steep around zero, because most
# changes are small.
DIFFERENCE_SCALES = {
    False: (
        (0.0, "#003A63"),
        (0.25, "#2B7FB8"),
        (0.45, "#B5D6EC"),
        (0.49, "#E2EFF8"),
        (0.5, "#FFFFFF"),
        (0.51, "#FCEBDD"),
        (0.55, "#F7CDAC"),
        (0.75, "#D9742B"),
        (1.0, "#7A3200"),
    ),
    True: (
        (0.0, "#B9E1FA"),
        (0.25, "#3D8FC4"),
        (0.45, "#1D4866"),
        (0.49, "#172735"),
        (0.5, "#12141C"),
        (0.51, "#2E2119"),
        (0.55, "#5C3618"),
        (0.75, "#C87431"),
        (1.0, "#FFD9B3"),
    ),
}

GRID_COLORS = {False: "#E1E4EE", True: "#2C3040"}  # the theme's border colours
TEXT_COLORS = {False: "#1B1E2B", True: "#E7E9F3"}  # the theme's text colours


def color_at(height, scale):
    """The colour (r, g, b), floats 0…255, at `height` 0…1 of a scale of (place, "#RRGGBB") stops as
    Plotly mixes it.
    """
    places = [place for place, _ in scale]
    stops = np.array(
        [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for _, color in scale], dtype=np.float64
    )
    return tuple(float(np.interp(height, places, channel)) for channel in stops.T)


def readable_on(color):
    """Black or white, whichever has the higher contrast on `color` (r, g, b in 0…255)."""
    return "#FFFFFF" if contrast(color, (255, 255, 255)) > contrast(color, (0, 0, 0)) else "#000000"


def contrast(one, other):
    """The contrast ratio 1…21 of two colours (r, g, b in 0…255), as WCAG 2.1 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color):
    # WCAG 2.1, "relative luminance"
    channels = [value / 255 for value in color]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
