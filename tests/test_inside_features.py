"""Features, the index of training images and its search, and the job that computes them."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from run_folders import make_run
from sklearn.neighbors import NearestNeighbors
from waiting import SECONDS

from fashion_core import checkpoints, data, files, models
from fashion_core.errors import InsideError, RunError
from fashion_core.inside import features, job, jobs, projection
from fashion_core.runs import folders
from fashion_core.transforms import normalise

SHIPPED = files.PRETRAINED_DIR / "fashion_cnn.pt"


@pytest.fixture(scope="module")
def index() -> features.FeatureIndex:
    model = checkpoints.load_model(SHIPPED)
    return features.compute_index(model, data.load_split("test").pixels[:1_000], "digest")


@pytest.mark.parametrize("name", models.NETWORKS)
def test_features_are_what_the_last_layer_reads(name):
    torch.manual_seed(0)
    model = models.build_model(name).eval()
    pixels = data.load_split("test").pixels[:130]  # more than one batch
    found = features.penultimate(model, pixels)
    last = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)][-1]
    kept = []
    last.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    with torch.inference_mode():
        logits = model(normalise(torch.tensor(pixels)))
    vectors = kept[0].unflatten(0, (-1, 130)).mean(0)
    length = vectors.norm(dim=1, keepdim=True)
    np.testing.assert_allclose(found, (vectors / length).numpy(), atol=1e-5)
    # Linear in the vector, so the mean of both ways gives the mean of both answers
    again = torch.tensor(found) * length
    np.testing.assert_allclose(last(again).detach(), logits, atol=1e-4)


def test_features_too_wide_to_be_compared_are_a_sentence():
    model = models.build_model("conv 32, pool").eval()
    with pytest.raises(InsideError, match="reads 5,408 numbers"):
        features.penultimate(model, np.zeros((1, 28, 28), np.uint8))


def test_the_nearest_are_scikit_learns(index):
    queries = features.penultimate(
        checkpoints.load_model(SHIPPED), data.load_split("test").pixels[5_000:5_020]
    )
    oracle = NearestNeighbors(n_neighbors=9, metric="cosine", algorithm="brute")
    oracle.fit(index.features)
    distances, places = oracle.kneighbors(features.project(queries, index.basis))
    for i, query in enumerate(queries):
        found, distance = features.nearest(index, query, 9)
        assert found.tolist() == places[i].tolist()
        np.testing.assert_allclose(distance, distances[i], atol=1e-6)


def test_an_image_is_nearest_to_itself(index):
    model, pixels = checkpoints.load_model(SHIPPED), data.load_split("test").pixels
    found, distances = features.nearest(index, features.penultimate(model, pixels[7:8])[0], 9)
    assert found[0] == 7
    assert distances[0] == pytest.approx(0, abs=1e-6)


def test_the_axes_keep_what_principal_components_keep(index):
    wide = features.penultimate(
        checkpoints.load_model(SHIPPED), data.load_split("test").pixels[:300]
    )
    basis = features.principal_axes(wide, 5)
    values = np.linalg.svd(wide, compute_uv=False)
    assert ((wide @ basis) ** 2).sum() == pytest.approx((values[:5] ** 2).sum(), rel=1e-4)
    np.testing.assert_allclose(basis.T @ basis, np.eye(5), atol=1e-5)
    narrow = features.principal_axes(wide[:, :20])
    assert narrow.shape == (20, 20)


def test_an_index_is_read_back_only_whole_and_of_the_same_model(index, tmp_path):
    path = tmp_path / "result.npz"
    features.save_index(path, index)
    again = features.load_index(path, "digest", 1_000)
    np.testing.assert_allclose(again.features, index.features, atol=1e-3)
    np.testing.assert_array_equal(again.basis, index.basis)
    assert path.stat().st_size < 1_000 * 8_000_000 / 55_000 + 50_000
    assert features.load_index(path, "another model's", 1_000) is None
    assert features.load_index(path, "digest", 999) is None
    assert features.load_index(tmp_path / "none.npz", "digest", 1_000) is None
    path.write_bytes(path.read_bytes()[:2_000])
    assert features.load_index(path, "digest", 1_000) is None


def test_labels_are_counted_most_frequent_first():
    assert features.label_shares(np.array([6, 0, 6, 2, 0, 6])) == [(6, 3), (0, 2), (2, 1)]
    assert features.label_shares(np.array([4, 2])) == [(4, 1), (2, 1)]


# The job


@pytest.fixture
def small_training(monkeypatch):
    """The first 500 test images in place of the training images."""
    split = data.load_split("test")
    few = data.Split("train", split.pixels[:500], split.labels[:500], split.indices[:500])
    monkeypatch.setattr(data, "load_split", lambda name: few)


@pytest.fixture
def behind(monkeypatch):
    """Notes that a job steps behind instead of doing so to the tests' own process."""
    stepped = []
    monkeypatch.setattr(job.control, "step_behind", lambda: stepped.append(True))
    return stepped


def test_a_job_leaves_the_index_of_its_model_and_says_how_far_it_is(
    runs_dir, checkpoint_path, small_training, behind
):
    run_id = make_run("Mine", checkpoint_path=checkpoint_path)
    model_path = folders.read_run(run_id).model_path
    folder = jobs.job_dir(model_path, "features")
    assert folder == runs_dir / run_id / "inside" / "features"
    folder.mkdir(parents=True)
    (runs_dir / jobs.FOLDER).mkdir()
    files.write_json(folder / "config.json", {"model": str(model_path)})
    assert job.main(folder) == 0
    assert behind == [True]  # everything else on the machine
    assert jobs.job_state(model_path, "features")[0] == "finished"
    digest = files.digest_of(model_path)
    assert features.load_index(jobs.result_path(model_path, "features"), digest, 500)


def test_a_job_that_fails_says_why(runs_dir, small_training, behind):
    folder = jobs.job_dir(SHIPPED, "features")
    assert folder == runs_dir / jobs.FOLDER / "fashion_cnn" / "features"
    folder.mkdir(parents=True)
    files.write_json(folder / "config.json", {"model": str(runs_dir / "gone.pt")})
    assert job.main(folder) == 1
    state, status = jobs.job_state(SHIPPED, "features")
    assert state == "failed"
    assert "No such file" in status["message"]


def test_a_job_is_started_once_and_in_a_process_of_its_own(runs_dir, monkeypatch):
    started = []
    monkeypatch.setattr(jobs.control, "spawn_worker", lambda *args: started.append(args))
    jobs.start_job(SHIPPED, "features")
    jobs.start_job(SHIPPED, "features")
    assert started == [(jobs.job_dir(SHIPPED, "features"), "fashion_core.inside.job")]
    assert jobs.job_state(SHIPPED, "features")[0] == "starting"
    assert jobs.job_state(SHIPPED, "tsne") == ("", {})
    assert jobs.progress({"step": 10, "steps": 40, "elapsed_seconds": 5.0}) == (
        0.25,
        "10 of 40 · 15 s left",
    )


def test_a_job_that_waits_for_another_says_so_and_that_it_lives(
    runs_dir, checkpoint_path, small_training, behind, monkeypatch
):
    run_id = make_run("Mine", checkpoint_path=checkpoint_path)
    model_path = folders.read_run(run_id).model_path
    folder = jobs.job_dir(model_path, "features")
    folder.mkdir(parents=True)
    (runs_dir / jobs.FOLDER).mkdir()
    files.write_json(folder / "config.json", {"model": str(model_path)})
    monkeypatch.setattr(job, "WAIT_SECONDS", 0.1)
    said = []
    with ThreadPoolExecutor(1) as other:
        with jobs.job_lock():
            done = other.submit(job.main, folder)
            deadline = time.monotonic() + SECONDS
            while len(set(said)) < 3 and time.monotonic() < deadline:
                with contextlib.suppress(RunError):  # not written yet
                    said.append(files.read_json(folder / "status.json")["heartbeat_at"])
                time.sleep(0.05)
            message = jobs.job_state(model_path, "features")[1]["message"]
            assert message == "Waiting for another job"
            assert len(set(said)) == 3
        assert done.result(SECONDS) == 0


def test_no_more_than_a_few_jobs_wait_at_a_time(runs_dir, monkeypatch):
    monkeypatch.setattr(jobs.control, "spawn_worker", lambda *_: None)
    ids = [make_run(f"Model {number}") for number in range(jobs.MOST_JOBS + 1)]
    paths = [folders.read_run(run_id).model_path for run_id in ids]
    with pytest.raises(InsideError, match="not there any more"):  # as of a run that was deleted
        jobs.start_job(paths[0], "features")
    assert not (paths[0].parent / "inside").exists()
    for path in paths:
        path.touch()
    for path in paths[:-1]:
        jobs.start_job(path, "features")
    with pytest.raises(InsideError, match="wait already"):
        jobs.start_job(paths[-1], "features")


def test_a_single_feature_is_said_to_be_too_few_for_a_map():
    with pytest.raises(InsideError, match="on a line"):
        projection.refuse_too_narrow(np.zeros((4, 1), np.float32))
    projection.refuse_too_narrow(np.zeros((4, 2), np.float32))
