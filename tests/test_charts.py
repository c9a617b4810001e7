"""Charts: nothing lost, nothing that wobbles, colours that can be read, clicks that do no harm."""

import json
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from plotly.colors import hex_to_rgb, sample_colorscale

from fashion_core.charts.colors import (
    DIFFERENCE_SCALES,
    GRID_COLORS,
    RAW_OPACITY,
    SCALES,
    SERIES_COLORS,
    TEXT_COLORS,
    contrast,
)
from fashion_core.charts.figures import (
    FEW_IMAGES,
    MODES,
    calibration_figure,
    cell_from_selection,
    confusion_figure,
    curves_figure,
    describe_cell,
    describe_difference,
    difference_figure,
)
from fashion_core.charts.frames import (
    DRAWINGS,
    MAX_POINTS,
    OTHER,
    PHOTOS,
    SMOOTHING,
    SYNTHETIC,
    TRAINING,
    VALIDATION,
    curve_frame,
    epoch_accuracies,
    epoch_frame,
    epoch_losses,
    loss_frame,
    mean_frame,
    rate_frame,
    smoothed,
    step_frame,
    with_other_loss,
)
from fashion_core.charts.live import (
    OTHER_DASH,
    epoch_accuracy_spec,
    epoch_loss_spec,
    loss_spec,
    rate_spec,
)
from fashion_core.metadata import CLASS_NAMES

PROJECT_DIR = Path(__file__).resolve().parent.parent


def step_events(losses):
    """One event per step from step 1, an epoch of 860 steps, two steps a second."""
    return [
        {
            "kind": "step",
            "epoch": 1 + i // 860,
            "step": 1 + i,
            "train_loss": float(loss),
            "elapsed_seconds": i / 2,
        }
        for i, loss in enumerate(losses)
    ]


def random_losses(count):
    return np.random.default_rng(0).uniform(0.2, 2.3, count)


EPOCH_EVENTS = [
    {
        "kind": "epoch",
        "epoch": epoch,
        "step": 860 * epoch,
        "train_loss": 0.9 / epoch,
        "val_loss": 1.0 / epoch,
        "val_accuracy": 1 - 0.2 / epoch,
        "elapsed_seconds": 4.0 * epoch,
        "images_per_second": 15_000.0,
    }
    for epoch in (1, 2, 3)
]


EPOCHS = epoch_frame(EPOCH_EVENTS)
OTHER_LOSSES = pd.DataFrame({"epoch": [0.5, 1.0, 2.0, 2.5], "train_loss": [2.0, 1.0, 0.5, 0.4]})


@pytest.fixture
def confusion():
    counts = np.random.default_rng(4).integers(0, 120, (10, 10))
    np.fill_diagonal(counts, np.random.default_rng(5).integers(600, 1000, 10))
    counts[3, 8] = counts[1, 0] = 0
    return counts


def loss_curve(losses):
    """The curve of a run with these training losses, ten steps an epoch."""
    events = step_events(losses)
    return curve_frame(step_frame(events), epoch_frame(events), "train_loss", 10)


def run_of(frame, color=0, name="one"):
    return {"name": name, "frame": frame, "color": color}


# Frames


def test_loss_frame_smooths_with_the_bias_corrected_moving_average():
    losses = random_losses(40)
    frame = loss_frame(step_events(losses))
    assert frame["step"].tolist() == list(range(1, 41))
    assert frame["train_loss"].tolist() == losses.tolist()
    average, weight = 0.0, 0.0
    for loss, shown in zip(losses, frame["smoothed"], strict=True):
        average = (1 - SMOOTHING) * average + SMOOTHING * loss
        weight = (1 - SMOOTHING) * weight + SMOOTHING
        assert shown == pytest.approx(average / weight)


@pytest.mark.parametrize("count", [1, 2, 999, 1000, 1001, 2000, 2001, 50_000])
def test_loss_frame_stays_small_and_keeps_the_first_and_the_last_step(count):
    frame = loss_frame(step_events(random_losses(count)))
    assert len(frame) == count or count > 1000
    assert 500 <= len(frame) <= 1001 or count <= 1000
    assert frame["step"].iloc[[0, -1]].tolist() == [1, count]
    assert frame["step"].is_monotonic_increasing
    assert frame["step"].is_unique


def test_loss_frame_does_not_move_points_while_a_run_grows():
    events = step_events(random_losses(3900))
    before, after = loss_frame(events[:2900]), loss_frame(events)
    shown = before.iloc[:-1].set_index("step")
    pd.testing.assert_frame_equal(shown, after.set_index("step").loc[shown.index])


def test_loss_frame_of_nothing_has_its_columns():
    frame = loss_frame([])
    assert frame.empty
    assert list(frame) == ["step", "epoch", "train_loss", "smoothed"]


def test_loss_frame_leaves_out_what_is_no_finite_loss_and_takes_a_repeated_step_once():
    events = step_events(random_losses(3))
    events += [{"kind": "step", "epoch": 1, "step": step} for step in (4, None)]
    events += [
        {"kind": "step", "epoch": 1, "step": 5, "train_loss": loss}
        for loss in (None, math.nan, math.inf, "x")
    ]
    events += [{"kind": "step", "epoch": 1, "step": 2, "train_loss": 0.5}, {"kind": "odd"}, {}]
    frame = loss_frame(events)
    assert frame["step"].tolist() == [1, 2, 3]
    assert frame["train_loss"][1] == 0.5


def test_curves_of_identical_runs_show_through_each_others_gaps():
    frame = epoch_frame(EPOCH_EVENTS)
    other = frame.assign(val_accuracy=frame["val_accuracy"] / 2)
    runs = [("One", frame), ("Same", frame.copy()), ("Other", other), ("Same again", frame.copy())]
    runs = [
        {"name": name, "frame": each, "color": color} for color, (name, each) in enumerate(runs)
    ]
    dashes = [trace.line.dash for trace in curves_figure(runs, "val_accuracy").data]
    assert dashes == ["solid", "dash", "solid", "dot"]


def test_epoch_frame_holds_every_epoch_once_in_order():
    again = EPOCH_EVENTS[1] | {"val_accuracy": 0.95}
    frame = epoch_frame([EPOCH_EVENTS[2], *EPOCH_EVENTS[:2], *step_events(random_losses(5)), again])
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["val_accuracy"].tolist() == pytest.approx([0.8, 0.95, 1 - 0.2 / 3])
    assert frame["val_loss"].tolist() == pytest.approx([1.0, 0.5, 1 / 3])


def test_epoch_frame_says_nan_where_an_event_says_nothing():
    frame = epoch_frame([{"kind": "epoch", "epoch": 1, "step": 10}])
    assert frame.loc[0, ["val_loss", "val_accuracy", "images_per_second"]].isna().all()
    assert epoch_frame([]).empty


@pytest.mark.parametrize(
    ("spec", "frame"),
    [
        (loss_spec(260), loss_frame(step_events([2.0, 1.0]))),
        (loss_spec(260, other=True), with_other_loss(loss_frame([]), OTHER_LOSSES, 100, 200)),
        (epoch_loss_spec(260), epoch_losses(EPOCHS)),
        (epoch_loss_spec(260, other=True), epoch_losses(EPOCHS, EPOCHS)),
        (epoch_accuracy_spec(260), epoch_accuracies(EPOCHS)),
        (epoch_accuracy_spec(260, (SYNTHETIC,), True), epoch_accuracies(EPOCHS, EPOCHS)),
    ],
)
def test_live_charts_ask_for_columns_that_their_frames_have(spec, frame):
    fields = set(re.findall(r'"field": "(\w+)"', json.dumps(spec)))
    assert fields
    assert fields <= set(frame)


@pytest.mark.parametrize(
    "spec",
    [loss_spec(260, other=True), epoch_loss_spec(260, True), epoch_accuracy_spec(260, (), True)],
)
def test_steps_and_epochs_between_whole_ones_are_told_with_few_decimals(spec):
    tips = re.findall(
        r'"field": "(step|epoch)", "title": "\w+"(?:, "format": "([^"]+)")?}', json.dumps(spec)
    )
    assert tips
    assert set(tips) <= {("step", ",.0f"), ("epoch", ".2~f")}


def test_the_losses_of_another_run_are_laid_out_by_epoch_smoothed_and_end_with_the_live_one():
    live = loss_frame(step_events(random_losses(40)))
    both = with_other_loss(live, OTHER_LOSSES, steps_per_epoch=100, last_step=200)
    pd.testing.assert_frame_equal(both[: len(live)][list(live)], live, check_dtype=False)
    assert both["other"][: len(live)].isna().all()
    added = both[len(live) :]
    assert added["step"].tolist() == [50, 100, 200]  # half an epoch is half an epoch
    first, second = 2.0, (0.7 * 2.0 + 1.0) / 1.7
    assert added["other"].tolist() == pytest.approx(
        [first, second, (0.49 * 2.0 + 0.7 * 1.0 + 0.5) / 2.19]
    )
    assert added["train_loss"].isna().all()
    assert with_other_loss(live, OTHER_LOSSES[:0], 100, 200)["other"].isna().all()


def test_of_another_run_the_validation_is_drawn_dashed_and_behind():
    epochs, other = (epoch_frame(events) for events in (EPOCH_EVENTS[:1], EPOCH_EVENTS[1:]))
    rows = [[epoch, OTHER, EPOCH_EVENTS[epoch - 1]["val_loss"]] for epoch in (2, 3)]
    assert epoch_losses(epochs, other).values.tolist()[:2] == rows
    rows = [[epoch, OTHER, EPOCH_EVENTS[epoch - 1]["val_accuracy"]] for epoch in (2, 3)]
    assert epoch_accuracies(epochs, other).values.tolist()[:2] == rows
    assert epoch_losses(epochs, epoch_frame([])).equals(epoch_losses(epochs))
    for spec in (epoch_loss_spec(260, other=True), epoch_accuracy_spec(260, other=True)):
        scale = spec["encoding"]["strokeDash"]["scale"]
        dashes = dict(zip(scale["domain"], scale["range"], strict=True))
        assert dashes.pop(OTHER) == OTHER_DASH
        assert set(dashes.values()) == {(1, 0)}


def test_the_curve_of_a_learning_rate_finder_has_its_columns_fixed_axes_and_one_mark():
    frame = rate_frame([1e-5, 1e-3, 0.1], [2.3, 1.0, 9.0], [2.3, 1.1, 5.0])
    plain, marked = (rate_spec(240, (1e-5, 1.0), 2.3, suggested) for suggested in (None, 0.0032))
    assert set(re.findall(r'"field": "(\w+)"', json.dumps(marked))) == set(frame)
    x, y = (plain["layer"][0]["encoding"][axis] for axis in "xy")
    assert x["scale"] == {"type": "log", "domain": [1e-5, 1.0], "nice": False}
    assert x["axis"]["values"] == pytest.approx([1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0])
    assert y["scale"]["domain"] == [0, 3]
    higher = rate_spec(240, (1e-5, 1.0), 4.9)["layer"][0]["encoding"]["y"]
    assert higher["scale"]["domain"] == [0, 6]
    rule, number = marked["layer"][len(plain["layer"]) :]
    assert rule["encoding"]["x"]["datum"] == 0.0032
    assert number["mark"]["text"] == "0.0032"
    assert rule["data"] == {"values": [{}]}  # drawn once, not for every point


def test_only_a_run_that_learns_from_synthetic_pictures_has_two_curves_of_accuracy():
    events = [EPOCH_EVENTS[0] | {"synthetic_accuracy": 0.6}, EPOCH_EVENTS[1]]
    tidy = epoch_accuracies(epoch_frame(events))
    assert tidy.values.tolist() == [
        [1, VALIDATION, EPOCH_EVENTS[0]["val_accuracy"]],
        [2, VALIDATION, EPOCH_EVENTS[1]["val_accuracy"]],
        [1, SYNTHETIC, 0.6],
    ]
    for kinds in ((), (SYNTHETIC,), (SYNTHETIC, PHOTOS)):
        series = [VALIDATION, *kinds]
        assert epoch_accuracy_spec(260, kinds)["encoding"]["color"]["scale"]["domain"] == series


def test_a_series_has_one_colour_in_all_charts_of_a_run_and_no_other_has_it():
    kinds = (SYNTHETIC, DRAWINGS, PHOTOS)
    scales = [
        spec["encoding"]["color"]["scale"]
        for spec in (epoch_loss_spec(260), epoch_accuracy_spec(260, kinds))
    ]
    pairs = {pair for scale in scales for pair in zip(scale["domain"], scale["range"], strict=True)}
    assert len(pairs) == len(dict(pairs)) == len({color for _, color in pairs}) == 2 + len(kinds)


def test_the_losses_of_an_epoch_stand_one_below_the_other():
    expected = [[event["epoch"], TRAINING, event["train_loss"]] for event in EPOCH_EVENTS]
    expected += [[event["epoch"], VALIDATION, event["val_loss"]] for event in EPOCH_EVENTS]
    assert epoch_losses(EPOCHS).values.tolist() == expected


# Curves of several runs


def test_curves_figure_draws_each_run_in_its_own_colour_and_skips_a_run_without_the_metric():
    runs = [run_of(EPOCHS, 1), run_of(epoch_frame([]), 2, "empty"), run_of(EPOCHS, 7, "later")]
    figure = curves_figure(runs, "val_accuracy")
    assert [curve.name for curve in figure.data] == ["one", "later"]
    assert [curve.line.color for curve in figure.data] == [SERIES_COLORS[1], SERIES_COLORS[1]]
    np.testing.assert_allclose(figure.data[0].y, EPOCHS["val_accuracy"])
    assert figure.layout.yaxis.tickformat == ".1%"


def test_curves_figure_shows_a_single_epoch_as_a_point():
    (point,) = curves_figure([run_of(EPOCHS[:1])], "val_loss").data
    assert "markers" in point.mode
    assert point.cliponaxis is False  # whole also at the axis


def test_curves_figure_does_not_read_a_run_name_as_markup():
    assert "<" not in curves_figure([run_of(EPOCHS, name="<b>")], "val_loss").data[0].name


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9, 0.99])
def test_smoothing_is_that_of_tensorboard(weight):
    """last = weight · last + (1 - weight) · value, divided by 1 - weight ** count."""
    values = [2.3, 1.9, math.nan, 2.0, 1.2, 1.25, 0.9]
    last, count, expected = 0.0, 0, []
    for value in values:
        if math.isnan(value):
            expected.append(value)
            continue
        last, count = weight * last + (1 - weight) * value, count + 1
        expected.append(last / (1 - weight**count))
    np.testing.assert_allclose(smoothed(values, weight), expected)


def test_the_training_loss_has_every_step_with_fractions_of_epochs_and_seconds():
    frame = curve_frame(step_frame(step_events([2.0, 1.0, 0.5])), EPOCHS, "train_loss", 10)
    assert frame["train_loss"].tolist() == [2.0, 1.0, 0.5]
    assert frame["epoch"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert frame["elapsed_seconds"].tolist() == [0.0, 0.5, 1.0]


def test_all_other_metrics_have_a_point_per_epoch_and_no_impossible_accuracy():
    events = [EPOCH_EVENTS[0], EPOCH_EVENTS[1] | {"val_accuracy": 57.0}, EPOCH_EVENTS[2]]
    epochs = epoch_frame(events)
    frame = curve_frame(step_frame(events), epochs, "val_accuracy", 860)
    assert frame["epoch"].tolist() == [1, 3]
    assert frame["step"].tolist() == [860, 2580]
    frame = curve_frame(step_frame([]), epochs, "train_loss", 860)
    assert frame["train_loss"].tolist() == epochs["train_loss"].tolist()


def test_the_mean_of_runs_is_taken_at_the_steps_that_all_have():
    losses = np.random.default_rng(1).uniform(0, 2, (3, 6))
    frames = [loss_curve(row[:length]) for row, length in zip(losses, (6, 4, 5), strict=True)]
    mean = mean_frame(frames, "train_loss")
    assert mean["step"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(mean["train_loss"], losses[:, :4].mean(axis=0))
    np.testing.assert_allclose(mean["std"], losses[:, :4].std(axis=0, ddof=1))
    steady = mean_frame(frames, "train_loss", 0.6)["train_loss"]
    np.testing.assert_allclose(steady, smoothed(losses[:, :4].mean(axis=0), 0.6))


def test_a_smoothed_curve_stands_strong_before_its_pale_raw_one():
    losses = [2.0, 1.0, 0.5, 0.7]
    runs = [run_of(loss_curve(losses), 1)]
    raw, strong = curves_figure(runs, "train_loss", "elapsed_seconds", smoothing=0.5).data
    assert list(raw.y) == losses
    np.testing.assert_allclose(strong.y, smoothed(losses, 0.5))
    assert list(raw.x) == list(strong.x) == [0.0, 0.5, 1.0, 1.5]
    assert raw.opacity < 0.5 < strong.line.width
    assert (raw.showlegend, strong.showlegend) == (False, True)
    assert raw.line.color == strong.line.color == SERIES_COLORS[1]
    assert len(curves_figure(runs, "train_loss").data) == 1


def test_a_mean_has_a_band_of_one_deviation_to_either_side():
    mean = pd.DataFrame(
        {"step": [1, 2], "epoch": [1, 2], "train_loss": [1.0, 2.0], "std": [0.1, 0.2]}
    )
    low, high, line = curves_figure([run_of(mean)], "train_loss", smoothing=0.9).data
    np.testing.assert_allclose([low.y, line.y, high.y], [[0.9, 1.8], [1.0, 2.0], [1.1, 2.2]])
    assert high.fill == "tonexty"


def test_runs_of_one_colour_keep_it_and_differ_by_their_dashes():
    colors = (2, 0, 2, 2)
    frames = [EPOCHS.assign(val_loss=EPOCHS["val_loss"] + i) for i in range(len(colors))]
    runs = [run_of(*each) for each in zip(frames, colors, strict=True)]
    curves = curves_figure(runs, "val_loss").data
    assert [curve.line.color for curve in curves] == [SERIES_COLORS[color] for color in colors]
    assert [curve.line.dash for curve in curves] == ["solid", "solid", "dash", "dot"]


def test_a_long_curve_is_thinned_after_it_was_smoothed():
    losses = random_losses(5_000)
    runs = [run_of(loss_curve(losses))]
    raw, strong = curves_figure(runs, "train_loss", smoothing=0.9).data
    assert len(raw.y) == len(strong.y) <= MAX_POINTS + 1
    assert strong.y[-1] == pytest.approx(smoothed(losses, 0.9).iloc[-1])


# The confusion matrix


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_confusion_figure_is_the_same_to_the_byte_every_time(confusion, mode, hide, dark):
    one, other = (confusion_figure(confusion.copy(), mode, hide, dark).to_json() for _ in range(2))
    assert one == other
    json.loads(one)


def test_confusion_figure_shows_counts_or_shares(confusion):
    z = {mode: np.array(confusion_figure(confusion, mode).data[0].z, dtype=float) for mode in MODES}
    np.testing.assert_array_equal(z["count"], confusion)
    np.testing.assert_allclose(z["by true class"].sum(axis=1), 100)
    np.testing.assert_allclose(z["by predicted class"].sum(axis=0), 100)
    assert z["by true class"][6, 0] == pytest.approx(100 * confusion[6, 0] / confusion[6].sum())


def test_confusion_figure_of_no_images_is_all_zero():
    figure = confusion_figure(np.zeros((10, 10), dtype=int), "by true class", hide_diagonal=True)
    assert not np.nansum(np.array(figure.data[0].z, dtype=float))


def test_a_hidden_diagonal_leaves_the_scale_to_the_mistakes(confusion):
    heatmap, text = confusion_figure(confusion, hide_diagonal=True).data
    mistakes = confusion - np.diag(np.diag(confusion))
    assert all(heatmap.z[i][i] is None for i in range(10))
    assert all(text.text[11 * i] == "" for i in range(10))
    assert heatmap.zmax == mistakes.max()
    assert (np.diag(confusion) >= 600).all()


def test_confusion_figure_leaves_the_callers_counts_alone(confusion):
    before = confusion.copy()
    confusion_figure(confusion, "by true class", hide_diagonal=True)
    np.testing.assert_array_equal(confusion, before)


def test_rows_run_down_as_true_and_columns_across_as_predicted(confusion):
    figure = confusion_figure(confusion)
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert figure.layout.yaxis.title.text == "True"
    assert figure.layout.xaxis.title.text == "Predicted"
    assert figure.layout.xaxis.ticktext == figure.layout.yaxis.ticktext == CLASS_NAMES
    text = figure.data[1]
    place = 10 * 6 + 0
    assert (text.y[place], text.x[place], text.text[place]) == (6, 0, str(confusion[6, 0]))


def test_hovering_says_count_and_shares_in_words(confusion):
    confusion[6] = [58, 0, 0, 0, 0, 0, 942, 0, 0, 0]
    words = confusion_figure(confusion).data[0].hovertext[6][0]
    share = 58 / confusion[:, 0].sum()
    assert words.startswith(f"<b>{describe_cell(58, 6, 0)}</b>")
    assert "5.8% of all shirts" in words
    assert f"{100 * share:.1f}% of everything classified as T-shirt/top" in words


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ((58, 6, 0), "58 shirts classified as T-shirt/top"),
        ((1, 3, 9), "1 dress classified as Ankle boot"),
        ((0, 9, 3), "No ankle boots classified as Dress"),
        ((1234, 0, 0), "1,234 T-shirts/tops correctly classified as T-shirt/top"),
    ],
)
def test_a_cell_is_described_in_words(cell, words):
    assert describe_cell(*cell) == words


def rgb(color):
    """Channels 0…1 of "#RRGGBB"."""
    return tuple(channel / 255 for channel in hex_to_rgb(color))


def mixed(scale, heights):
    """The colours at these heights 0…1 of a scale, channels 0…1."""
    return sample_colorscale(scale, heights, colortype="tuple")


def assert_numbers_can_be_read(figure, heights):
    """A contrast of at least 4.5, which WCAG asks for text."""
    heatmap, text = figure.data
    scale = [list(stop) for stop in heatmap.colorscale]
    cells = mixed(scale, np.nan_to_num(heights).ravel())
    for cell, ink, number in zip(cells, text.textfont.color, text.text, strict=True):
        assert not number or contrast(cell, rgb(ink)) >= 4.5, number


def test_the_colours_of_pages_are_those_of_the_theme():
    theme = tomllib.loads((PROJECT_DIR / ".streamlit/config.toml").read_text())["theme"]
    assert tuple(theme["chartCategoricalColors"]) == SERIES_COLORS
    for dark, name in ((False, "light"), (True, "dark")):
        assert theme[name]["backgroundColor"] == SCALES[dark][0][1]
        assert theme[name]["textColor"] == TEXT_COLORS[dark]
        assert theme[name]["borderColor"] == GRID_COLORS[dark]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_every_number_can_be_read_on_its_cell(confusion, mode, hide, dark):
    figure = confusion_figure(confusion, mode, hide, dark)
    heights = np.array(figure.data[0].z, dtype=float) / figure.data[0].zmax
    assert_numbers_can_be_read(figure, heights)


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_moves_in_one_direction_of_lightness(dark):
    """So that hues need not be distinguished."""
    colours = mixed(SCALES[dark], np.linspace(0, 1, 101))
    assert (np.diff([contrast(colour, colours[0]) for colour in colours]) > 0).all()


@pytest.mark.parametrize("color", SERIES_COLORS)
def test_a_pale_raw_curve_stands_out_from_a_dark_page_more_than_from_a_light_one(color):
    """Thin and dark as it is, it would not be seen on a dark page with the same opacity."""
    seen = {}
    for dark, opacity in RAW_OPACITY.items():
        page = rgb(SCALES[dark][0][1])
        blend = mixed([[0, SCALES[dark][0][1]], [1, color]], [opacity])[0]
        seen[dark] = contrast(blend, page)
        assert seen[dark] < contrast(rgb(color), page)
    assert seen[True] > max(2, seen[False])


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_with_a_raw_curve_has_the_opacity_of_its_page(dark):
    runs = [run_of(loss_curve([2.0, 1.0, 0.5]), 1)]
    raw, _ = curves_figure(runs, "train_loss", "step", dark, smoothing=0.5).data
    live = loss_spec(260, dark=dark)["layer"][0]["mark"]
    finder = rate_spec(240, (1e-5, 1.0), 2.3, dark=dark)["layer"][0]["mark"]
    assert raw.opacity == live["opacity"] == finder["opacity"] == RAW_OPACITY[dark]
    assert live["color"] == finder["color"]
    assert (contrast(rgb(live["color"]), rgb(SERIES_COLORS[0])) > 1.5) == dark  # lighter there


def test_contrast_is_that_of_wcag():
    assert contrast(rgb("#000000"), rgb("#FFFFFF")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#FFFFFF")) == pytest.approx(4.48, abs=0.005)
    assert contrast(rgb("#0A141E"), rgb("#0A141E")) == 1


def test_confusion_figure_refuses_an_unknown_mode(confusion):
    with pytest.raises(ValueError, match="by true class"):
        confusion_figure(confusion, "by magic")


# The difference of two models


@pytest.fixture
def other_confusion(confusion):
    other = confusion + np.random.default_rng(6).integers(-20, 20, (10, 10))
    other[0, 1] = confusion[0, 1]
    return np.where(confusion == 0, 0, np.maximum(other, 0))


def test_the_difference_is_the_second_minus_the_first_with_signs(confusion, other_confusion):
    heatmap, text = difference_figure(confusion, other_confusion, ("One", "Two")).data
    # Blue, below zero, is better: fewer beside the diagonal, more on it
    worse = np.where(np.eye(10) > 0, confusion - other_confusion, other_confusion - confusion)
    np.testing.assert_array_equal(heatmap.z, worse)
    assert heatmap.zmin == -heatmap.zmax == -np.abs(other_confusion - confusion).max()
    numbers = np.reshape(text.text, (10, 10))
    for cell, change in np.ndenumerate(other_confusion - confusion):
        empty = not confusion[cell] and not other_confusion[cell]
        assert numbers[cell] == (
            "" if empty else f"{change:+}".replace("-", "−").replace("+0", "0")
        )


def test_the_difference_of_a_model_with_itself_is_blank_and_no_error(confusion):
    heatmap, text = difference_figure(confusion, confusion, ("One", "One")).data
    assert not np.any(heatmap.z)
    assert set(text.text) == {"0", ""}


def test_hovering_a_difference_says_it_in_words_and_takes_names_as_text(confusion):
    before, after = confusion.copy(), confusion.copy()
    before[6, 0], after[6, 0] = 70, 58
    words = difference_figure(before, after, ("<b>Old</b>", "New & better")).data[0].hovertext[6][0]
    expected = "<br>&lt;b&gt;Old&lt;/b&gt;: 70<br>New &amp; better: 58"
    assert words == f"<b>{describe_difference(-12, 6, 0)}</b>" + expected


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ((12, 6, 6), "12 more shirts correctly classified as Shirt"),
        ((-1, 3, 9), "1 fewer dress classified as Ankle boot"),
        ((0, 9, 3), "As many ankle boots classified as Dress"),
        ((-1234, 0, 1), "1,234 fewer T-shirts/tops classified as Trouser"),
    ],
)
def test_a_difference_is_described_in_words(cell, words):
    assert describe_difference(*cell) == words


@pytest.mark.parametrize("dark", [False, True])
def test_no_change_has_the_colour_of_the_page_and_a_larger_one_stands_out_more(dark):
    colours = mixed(DIFFERENCE_SCALES[dark], np.linspace(0, 1, 201))
    page = rgb(SCALES[dark][0][1])
    assert colours[100] == pytest.approx(page)
    from_page = [contrast(colour, page) for colour in colours]
    assert (np.diff(from_page[:101]) < 0).all()
    assert (np.diff(from_page[100:]) > 0).all()


@pytest.mark.parametrize("dark", [False, True])
def test_every_difference_can_be_read_on_its_cell(confusion, other_confusion, dark):
    figure = difference_figure(confusion, other_confusion, ("One", "Two"), dark)
    heights = (np.array(figure.data[0].z) / figure.data[0].zmax + 1) / 2
    assert_numbers_can_be_read(figure, heights)


# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009, severity 1.0: what linear red, green and blue become.
COLOUR_BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("matrix", COLOUR_BLIND.values(), ids=COLOUR_BLIND)
@pytest.mark.parametrize("dark", [False, True])
def test_more_and_fewer_stay_distinct_under_every_colour_vision_deficiency(matrix, dark):
    by = np.array([0.1, 0.25, 0.4, 0.5])
    colours = np.array(mixed(DIFFERENCE_SCALES[dark], [*(0.5 - by), *(0.5 + by)])) ** 2.2  # (8, 3)
    perceived = 255 * np.clip(colours @ np.transpose(matrix), 0, 1) ** (1 / 2.2)
    assert (np.linalg.norm(perceived[:4] - perceived[4:], axis=1) > 40).all()


# Calibration


def test_calibration_has_a_bar_for_each_bin_with_images():
    empty = {"low": 0.0, "high": 0.5, "images": 0, "confidence": None, "accuracy": None}
    full = {"low": 0.5, "high": 1.0, "images": 1, "confidence": 0.9, "accuracy": 0.8}
    bars, diagonal, _ = calibration_figure([empty, full]).data
    assert (bars.x, bars.y, bars.width) == ((0.75,), (0.8,), (0.5,))
    assert list(bars.customdata[0]) == [0.9, "1 image"]
    assert diagonal.x == diagonal.y == (0, 1)


def test_a_point_marks_the_mean_confidence_of_a_bin_which_is_not_its_middle():
    empty = {"low": 0.0, "high": 0.5, "images": 0, "confidence": None, "accuracy": None}
    full = {"low": 0.5, "high": 1.0, "images": 7, "confidence": 0.9, "accuracy": 0.9}
    for dark in (False, True):
        bars, _, points = calibration_figure([empty, full], dark).data
        assert (points.x, points.y, points.mode) == ((0.9,), (0.9,), "markers")
        assert points.hovertemplate == bars.hovertemplate
        assert list(points.customdata[0]) == [0.9, "7 images"]
        assert contrast(rgb(points.marker.line.color), rgb(points.marker.color)) > 1.3


def test_a_bar_of_few_images_is_paler():
    row = {"low": 0.5, "high": 1.0, "confidence": 0.9, "accuracy": 0.8}
    counts = (FEW_IMAGES - 1, FEW_IMAGES)
    bars, _, points = calibration_figure([row | {"images": count} for count in counts]).data
    pale, full = bars.marker.opacity
    assert pale < full == 1
    assert points.marker.opacity == bars.marker.opacity


# Clicks


@pytest.mark.parametrize("cell", [(0, 0), (6, 0), (9, 9)])
def test_a_click_is_decoded(cell):
    assert cell_from_selection({"true": cell[0], "pred": cell[1]}) == cell
    assert cell_from_selection({"true": float(cell[0]), "pred": float(cell[1])}) == cell


NO_CELLS = [
    {},
    {"true": 6},
    *({"true": true, "pred": 0} for true in (-1, 6.5, math.nan, 1e400, True, "6", [6], {}, None)),
    {"true": 6, "pred": 10},
]


@pytest.mark.parametrize("junk", [None, "", "6,0", 7, [], [6, 0], *NO_CELLS])
def test_junk_is_no_click(junk):
    assert cell_from_selection(junk) is None
