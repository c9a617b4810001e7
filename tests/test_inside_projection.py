"""Points of a plane, held against scikit-learn's PCA and trustworthiness; their selection."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from fashion_core import catalog, checkpoints, files
from fashion_core.charts.points import points_figure, selected_indices
from fashion_core.data import load_split
from fashion_core.inside import features, projection
from fashion_core.metadata import TEST_SIZE

RANDOM = np.random.default_rng(0)
# Three groups of 40 in 8 dimensions
CENTRES = 6 * np.eye(8, dtype=np.float32)[:3]
VECTORS = (np.repeat(CENTRES, 40, axis=0) + RANDOM.normal(size=(120, 8))).astype(np.float32)


def test_the_plane_is_that_of_the_principal_components():
    plane = projection.principal_plane(VECTORS)
    ours, oracle = projection.on_plane(plane, VECTORS), PCA(2).fit_transform(VECTORS)
    for axis in (0, 1):  # the sign of an axis is free
        sign = np.sign(ours[0, axis] * oracle[0, axis])
        np.testing.assert_allclose(ours[:, axis], sign * oracle[:, axis], atol=1e-3)
    one = projection.on_plane(plane, VECTORS[3])
    np.testing.assert_allclose(one, ours[3], atol=1e-5)


def test_tsne_keeps_neighbours_says_how_far_it_is_and_repeats():
    heard = []
    positions = projection.tsne_positions(VECTORS, lambda *step: heard.append(step))
    assert trustworthiness(VECTORS, positions, n_neighbors=5) > 0.85
    steps = [step for step, _ in heard]
    assert steps == sorted(steps)
    assert steps[-1] == projection.ITERATIONS
    np.testing.assert_array_equal(positions, projection.tsne_positions(VECTORS))


def test_a_picture_lands_among_its_neighbours():
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    positions = RANDOM.normal(size=(120, 2)).astype(np.float32)
    near = np.argsort(-(unit @ unit[50]))[: projection.NEIGHBOURS]
    place = projection.among_neighbours(positions, unit, unit[50])
    low, high = positions[near].min(axis=0), positions[near].max(axis=0)
    assert (place >= low).all()
    assert (place <= high).all()
    same = np.repeat([[1.5, -2.0]], 120, axis=0)
    np.testing.assert_allclose(projection.among_neighbours(same, unit, unit[50]), [1.5, -2.0])


def test_a_map_is_read_back_only_whole_and_of_the_same_model(tmp_path):
    path, laid_out = tmp_path / "model.map.npz", projection.lay_out(VECTORS / 20)
    projection.save_map(path, laid_out, "digest")
    read = projection.load_map(path, "digest", 120)
    np.testing.assert_allclose(read.positions, laid_out.positions, atol=1e-3)
    np.testing.assert_array_equal(read.plane.axes, laid_out.plane.axes)
    np.testing.assert_array_equal(read.plane.mean, laid_out.plane.mean)
    assert projection.load_map(path, "another", 120) is None
    assert projection.load_map(path, "digest", 119) is None
    path.write_bytes(b"junk")
    assert projection.load_map(path, "digest", 120) is None


def test_every_shipped_model_has_its_map():
    pixels = load_split("test").pixels[:40]
    for entry in (each for each in catalog.list_models() if each.shipped):
        path, digest = projection.map_path(entry.path), files.digest_of(entry.path)
        kept = projection.load_map(path, digest, TEST_SIZE)
        vectors = features.penultimate(checkpoints.load_model(entry.path), pixels)
        places = projection.on_plane(kept.plane, vectors)
        np.testing.assert_allclose(kept.positions[:40], places, atol=2e-3)


def test_positions_are_read_back_only_whole_and_of_the_same_model(tmp_path):
    path, positions = tmp_path / "result.npz", np.ones((7, 2), dtype=np.float32)
    projection.save_positions(path, positions, "digest")
    np.testing.assert_array_equal(projection.load_positions(path, "digest", 7), positions)
    assert projection.load_positions(path, "another", 7) is None
    assert projection.load_positions(path, "digest", 8) is None
    path.write_bytes(b"junk")
    assert projection.load_positions(path, "digest", 7) is None


def test_the_figure_has_each_image_once_with_its_index_and_a_ring_for_each_mistake():
    positions = RANDOM.normal(size=(120, 2))
    colored, wrong = np.arange(120) % 10, np.arange(120) % 4 == 0
    figure = points_figure(positions, colored, wrong, positions[0])
    classes, (rings, mark) = figure.data[:10], figure.data[10:]
    indices = np.concatenate([trace.customdata for trace in classes])
    assert sorted(indices) == list(range(120))
    trace = classes[3]
    np.testing.assert_array_equal(trace.x, positions[np.asarray(trace.customdata), 0])
    assert len(rings.x) == wrong.sum()
    assert mark.x[0] == positions[0, 0]
    assert {trace.type for trace in figure.data} == {"scattergl"}
    assert len(points_figure(positions, colored, wrong).data) == 11


@pytest.mark.parametrize("junk", [None, "x", [None], [{}], [{"customdata": "3"}], [{"a": 3}]])
def test_junk_selects_nothing(junk):
    assert selected_indices(junk, 120).tolist() == []


def test_a_selection_is_its_indices_each_once():
    points = [{"customdata": 5}, {"customdata": [3]}, {"customdata": 5}, {"customdata": 120}, {}]
    assert selected_indices(points, 120).tolist() == [3, 5]
    assert selected_indices(points, 120).dtype == np.int64
