"""The colours of all charts, for light and dark pages, and the contrast of two colours."""

# Okabe and Ito, "Color Universal Design", 2008: distinct under every colour vision deficiency.
SERIES_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
OTHER_COLOR = "#8A90A8"  # of another run behind the one that is shown; readable on both pages
MARK_COLOR = SERIES_COLORS[4]  # of what a chart points at; readable on both pages

# Of the ten classes, which stay apart on light and dark pages: Tableau 10
CLASS_COLORS = (
    "#4E79A7",
    "#F28E2B",
    "#E15759",
    "#76B7B2",
    "#59A14F",
    "#EDC948",
    "#B07AA1",
    "#FF9DA7",
    "#9C755F",
    "#8A90A8",
)

# All tables below have one entry for a light page (False) and one for a dark page (True).
GRID_COLORS = {False: "#E1E4EE", True: "#2C3040"}  # the theme's border colours
TEXT_COLORS = {False: "#1B1E2B", True: "#E7E9F3"}  # the theme's text colours
# Of a thin raw curve behind its smoothed one: pale blue is hardly seen on a dark page
RAW_OPACITY = {False: 0.3, True: 0.6}

Scale = list[list]  # [place 0…1, "#RRGGBB"] stops, as Plotly has them

# Sequential scales: they start at the page's own background, so that an empty cell has no colour at
# all. Dense near zero, because mistakes are few against the diagonal. One hue: lightness alone
# carries the value.
SCALES: dict[bool, Scale] = {
    False: [
        [0.0, "#FFFFFF"],
        [0.05, "#DDE3FF"],
        [0.15, "#B4C0FF"],
        [0.5, "#4C66F5"],
        [1.0, "#16206E"],
    ],
    True: [
        [0.0, "#12141C"],
        [0.05, "#232A4F"],
        [0.15, "#333E7E"],
        [0.5, "#5B70DE"],
        [1.0, "#DDE3FF"],
    ],
}
# Diverging scales: better or fewer is blue, none the page itself, worse or more orange (Okabe and
# Ito's two, see above). Steep around zero, because most changes are small.
DIFFERENCE_SCALES: dict[bool, Scale] = {
    False: [
        [0.0, "#003A63"],
        [0.25, "#2B7FB8"],
        [0.45, "#B5D6EC"],
        [0.49, "#E2EFF8"],
        [0.5, "#FFFFFF"],
        [0.51, "#FCEBDD"],
        [0.55, "#F7CDAC"],
        [0.75, "#D9742B"],
        [1.0, "#7A3200"],
    ],
    True: [
        [0.0, "#B9E1FA"],
        [0.25, "#3D8FC4"],
        [0.45, "#1D4866"],
        [0.49, "#172735"],
        [0.5, "#12141C"],
        [0.51, "#2E2119"],
        [0.55, "#5C3618"],
        [0.75, "#C87431"],
        [1.0, "#FFD9B3"],
    ],
}


def distinct_places(wished: dict[str, int], held: dict[str, int]) -> dict[str, int]:
    """A place in `SERIES_COLORS` for each series, no two alike, by the series' ids.

    `wished`: the place that each one would like, of at most as many series as there are colours;
    `held`: the places that series have had, also others. One keeps what it has had, else it gets
    its wish, else what is left over; of two that want the same place the first one gets it.
    """
    places = {}
    for wishes in (held, wished):
        for series, place in wishes.items():
            if series in wished.keys() - places.keys() and place not in places.values():
                places[series] = place
    left_over = [place for place in range(len(SERIES_COLORS)) if place not in places.values()]
    without = [series for series in wished if series not in places]
    return places | dict(zip(without, left_over, strict=False))


Color = tuple[float, float, float]  # red, green, blue, each 0…1
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


def readable_on(color: Color) -> str:
    """Black or white as "#RRGGBB", whichever has the higher contrast on `color`."""
    return "#FFFFFF" if contrast(color, WHITE) > contrast(color, BLACK) else "#000000"


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio 1…21 of two colours, as WCAG 2.1 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    """The relative luminance 0…1 of WCAG 2.1."""
    red, green, blue = (_linear(channel) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """A channel of sRGB 0…1 without its gamma."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
