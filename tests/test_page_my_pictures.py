"""My pictures and the row under an answer: keeping, changing, filters, faults, public copies."""

import dataclasses
import errno
import io
import shutil

import numpy as np
import pytest
from app_page import labelled, labels, open_page, press, words
from PIL import Image
from run_folders import make_run
from test_my_pictures import made

from fashion_core import (
    checkpoints,
    limits,
    model_import,
    my_pictures,
    picture_zip,
    predict,
    tally,
    taught,
)
from fashion_core.config import TrainConfig
from fashion_core.errors import PictureSetError, RunError
from fashion_core.metadata import OUTLIER
from fashion_core.runs import control, folders
from pages.parts import state
from pages.parts.mine import gallery, teach, transfer


@pytest.fixture
def store(tmp_path, monkeypatch, runs_dir):
    """The empty set of this copy."""
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "pictures"))
    return my_pictures.my_folder()


def open_mine(**query):
    return open_page("my_pictures", model="fashion_cnn", **query)


def answered(app, place=0):
    """Classify with one of the samples answered."""
    app.segmented_control(key=state.WAY).set_value("Samples").run()
    next(button for button in app.button if str(button.key).startswith("pick_")).click().run()
    assert not app.exception
    return app


def what_it_was(app):
    return next(pills for pills in app.pills if pills.label == "What was it?")


def test_one_click_under_an_answer_keeps_it_another_relabels_it_undo_forgets_it(store):
    app = answered(open_page("classify", model="fashion_cnn"))
    what_it_was(app).set_value(8).run()
    (kept,) = store.read_all()
    assert (kept.label, kept.source) == (8, "test image")
    assert kept.pixels.any()
    what_it_was(app).set_value(OUTLIER).run()
    assert [each.label for each in store.read_all()] == [OUTLIER]
    assert "Kept in My pictures" in words(app)
    store.relabel(store.read_all()[0].picture_id, 5)  # on another page
    app.run()
    assert what_it_was(app).value == 5
    press(app, "Undo")
    assert store.read_all() == []
    assert what_it_was(app).value is None
    assert tally.read_tally().sum() == 0  # whose image it is was known before
    press(app, "Keep")
    assert [each.label for each in store.read_all()] == [my_pictures.UNLABELLED]
    assert "without a label yet" in words(app)
    assert tally.read_tally().sum() == 0
    labelled(app.button, "Right, ").click().run()
    (kept,) = store.read_all()
    assert kept.label == what_it_was(app).value
    assert labelled(app.button, "Right, ").disabled


def test_what_a_visitor_says_of_their_own_picture_counts_for_the_class(store):
    app = open_page("classify", model="fashion_cnn")
    app.segmented_control(key=state.WAY).set_value("Upload").run()
    picture = Image.fromarray(np.pad(np.full((100, 60), 40, np.uint8), 50, constant_values=250))
    app.file_uploader[0].set_value(brought_file(picture)).run()
    what_it_was(app).set_value(8).run()
    assert tally.read_tally()[8].sum() == tally.read_tally().sum() == 1
    what_it_was(app).set_value(OUTLIER).run()
    assert tally.read_tally()[OUTLIER].sum() == tally.read_tally().sum() == 1
    press(app, "Undo")
    assert tally.read_tally().sum() == 0


def test_keep_clicked_before_the_page_answered_takes_nothing_back(store):
    app = open_page("classify", model="fashion_cnn")
    app.segmented_control(key=state.WAY).set_value("Upload").run()
    picture = Image.fromarray(np.pad(np.full((100, 60), 40, np.uint8), 50, constant_values=250))
    app.file_uploader[0].set_value(brought_file(picture)).run()
    next(each for each in app.button if str(each.key).startswith("right_")).click()
    labelled(app.button, "Keep").click().run()  # both before the page is drawn anew
    assert not app.error
    (kept,) = store.read_all()
    assert kept.label in my_pictures.LABELS
    assert tally.read_tally()[kept.label].sum() == tally.read_tally().sum() == 1


def brought_file(picture):
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "mine.png", file.getvalue(), "image/png"


def test_a_narrow_strip_is_kept_and_a_file_that_was_damaged_since_is_left_out(store):
    app = open_page("classify", model="fashion_cnn")
    app.segmented_control(key=state.WAY).set_value("Upload").run()
    strip = np.full((8, 8192), 250, np.uint8)
    strip[2:6, 1000:7000] = 40
    app.file_uploader[0].set_value(brought_file(Image.fromarray(strip))).run()
    what_it_was(app).set_value(1).run()
    assert not app.exception
    (kept,) = store.read_all()
    path = next(store.folder.rglob("*.png"))
    content = path.read_bytes()
    place = content.index(b"IDAT") - 4
    broken = (1 << 30).to_bytes(4, "big") + b"\x00\x01bX"
    path.write_bytes(content[:place] + broken + content[place:])
    app = open_mine()
    app.session_state[state.MINE_PICKED] = kept.picture_id
    app.run()
    assert not app.exception


def test_a_full_disk_is_a_sentence_under_the_answer_and_nothing_is_kept(store, monkeypatch):
    app = answered(open_page("classify", model="fashion_cnn"))

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    what_it_was(app).set_value(8).run()
    assert not app.exception
    assert "No space left on device. Free some disk space" in words(app)
    assert what_it_was(app).value is None
    assert store.read_all() == []


def test_what_was_kept_without_a_label_is_labelled_in_the_gallery_and_not_taught_before(store):
    unlabelled = made(my_pictures.UNLABELLED, 60)
    store.add([unlabelled, made(1, 70)])
    app = open_mine()
    assert "1 without a label" in words(app)
    assert "not taught: 1 picture" in words(app)
    assert "there is 1 so far" in words(app)
    app.session_state[state.MINE_PICKED] = unlabelled[0].picture_id
    app.run()
    assert labelled(app.selectbox, "It is").value is None
    labelled(app.selectbox, "It is").set_value(9).run()
    assert {each.label for each in store.read_all()} == {1, 9}
    assert "without a label" not in words(app)


def test_the_gallery_says_how_many_are_right_relabels_deletes_and_undoes(store):
    store.add([made(label, 60 + 10 * label) for label in range(3)])
    app = open_mine()
    assert "3 pictures" in words(app)
    assert "3 pictures cannot show it how other people draw" in words(app)
    picked = store.read_all()[0]
    app.session_state[state.MINE_PICKED] = picked.picture_id
    app.run()
    labelled(app.selectbox, "It is").set_value(9).run()
    assert {each.label for each in store.read_all()} >= {9}
    press(app, "Delete")
    assert len(store.read_all()) == 2
    assert "Keep at least 3 pictures" in words(app)
    press(app, "Undo")
    assert len(store.read_all()) == 3
    assert "Undo" not in labels(app)
    app.session_state[state.MINE_PICKED] = picked.picture_id
    app.run()
    press(app, "Delete")
    assert "Undo" in labels(app)
    app.session_state[state.MINE_PICKED] = store.read_all()[0].picture_id
    app.run()
    labelled(app.selectbox, "It is").set_value(4).run()  # another change: the way back is gone
    assert "Undo" not in labels(app)


def test_all_pictures_are_deleted_at_once_and_brought_back(store):
    store.add([made(label, 60 + 10 * label) for label in range(4)])
    before = store.read_all()
    app = open_mine()
    assert "Delete 4 pictures" in labels(app)
    store.delete(before[0].picture_id)  # by another tab
    store.relabel(before[1].picture_id, 9)
    press(app, "Delete 4 pictures")
    assert store.read_all() == []
    assert "3 pictures were deleted" in words(app)
    assert "Nothing is kept yet" in words(app)
    press(app, "Undo")
    assert [each.label for each in store.read_all()] == [9, *(each.label for each in before[2:])]


def test_more_than_a_session_should_hold_is_deleted_without_a_way_back(store, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_UNDO_BYTES", 100)
    store.add([made(label, 60 + 10 * label) for label in range(3)])
    app = open_mine()
    press(app, "Delete 3 pictures")
    assert store.read_all() == []
    assert "3 pictures deleted, too many to bring them back" in words(app)
    assert "Undo" not in labels(app)


def test_what_was_deleted_before_a_failure_comes_back(store, monkeypatch):
    store.add([made(label, 60 + 10 * label) for label in range(3)])
    first, second, _ = store.read_all()
    app = open_mine()
    delete = type(store).delete

    def fail_at_the_second(self, picture_id):
        if picture_id == second.picture_id:
            raise PictureSetError("Another tab is changing them. Try again.")
        delete(self, picture_id)

    monkeypatch.setattr(type(store), "delete", fail_at_the_second)
    press(app, "Delete 3 pictures")
    assert first not in store.read_all()
    assert "Try again" in words(app)
    assert "1 picture was deleted" in words(app)
    press(app, "Undo")
    assert len(store.read_all()) == 3


def test_undo_brings_back_the_label_that_another_tab_has_given_meanwhile(store):
    store.add([made(label, 60 + 10 * label) for label in range(2)])
    app = open_mine()
    picked = store.read_all()[0].picture_id
    app.session_state[state.MINE_PICKED] = picked
    app.run()
    store.relabel(picked, 9)
    press(app, "Delete")
    press(app, "Undo")
    assert {each.picture_id: each.label for each in store.read_all()}[picked] == 9


def test_an_answer_in_doubt_is_told_apart_from_a_wrong_one(store, monkeypatch):
    pictures = [made(label, 100)[0] for label in (0, 3, OUTLIER, my_pictures.UNLABELLED)]
    shown = gallery.Gallery(pictures, np.array([OUTLIER, 4, OUTLIER, OUTLIER]))
    np.testing.assert_array_equal(shown.doubted, [True, False, False, False])
    monkeypatch.setattr(predict, "recognised", lambda *asked: np.zeros(len(asked[-1]), bool))
    store.add([made(label, 100) for label in (8, 8, OUTLIER)])
    said = words(open_mine())
    assert "1 right by Classic CNN, distilled, 2 in doubt" in said.replace("\\", "")
    assert "0 of 2 right, 2 in doubt" in said
    assert "1 of 1 right" in said


def test_classes_with_wrong_pictures_come_before_those_without():
    pictures = [made(label, 100)[0] for label in (0, 3, 8, 8, my_pictures.UNLABELLED)]
    shown = gallery.Gallery(pictures, np.array([0, 4, 8, 7, 2]))
    assert shown.groups[:4] == [my_pictures.UNLABELLED, 3, 8, 0]


def test_a_click_on_teach_starts_an_ordinary_run_with_the_pictures_in_it(store, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir))
    store.add([made(2, 100 + 20 * i) for i in range(4)])
    app = open_mine()
    assert "All your pictures of clothes are of one class, Pullover" in words(app)
    stale = labelled(app.button, "Teach the model")
    stale.click().run()
    app.session_state[state.BUTTON_HEARD] = app.session_state[state.BUTTONS_DRAWN]
    press(app, "Teach the model")  # the second of a double click: its button was heard already
    (run_dir,) = started
    assert len(folders.list_runs()) == 1
    learns = taught.read_taught(run_dir)
    assert learns.held_out.sum() == 1
    np.testing.assert_array_equal(learns.labels, [2] * 4)
    assert folders.read_run(run_dir.name).config.start_model == "fashion_cnn"
    assert (run_dir / taught.START_FILE).is_file()
    assert "Learning your pictures" in words(app)


def test_test_images_are_not_taught_because_models_are_measured_on_them(store, monkeypatch):
    started = []
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: started.append(run_dir))
    sample, content = made(3, 200)
    sample = dataclasses.replace(sample, source=my_pictures.TEST_IMAGE)
    store.add([made(2, 100 + 20 * i) for i in range(2)])
    store.add([(sample, content)])
    app = open_mine()
    assert "models are measured on them: 1 test image" in words(app)
    assert "there are 2 so far" in words(app)
    store.add([made(2, 180)])
    press(open_mine(), "Teach the model")
    np.testing.assert_array_equal(taught.read_taught(started[0]).labels, [2] * 3)
    app = answered(open_page("classify", model="fashion_cnn"))
    assert "you can teach" not in words(app)
    what_it_was(app).set_value(8).run()
    assert "Teach it" not in labels(app)


def test_a_guess_in_doubt_is_not_called_right(store, monkeypatch):
    monkeypatch.setattr(predict, "recognised", lambda model, logits, pixels: np.zeros(1, bool))
    app = answered(open_page("classify", model="fashion_cnn"))
    (guess,) = (each for each in app.button if each.label.endswith(", as it guessed"))
    assert "Right, " not in " ".join(labels(app))
    guess.click().run()
    (kept,) = store.read_all()
    assert guess.label == f"{my_pictures.label_name(kept.label)}, as it guessed"


def test_before_and_after_are_told_and_one_click_switches_there_and_back(store, checkpoint_path):
    config = TrainConfig(start_model="fashion_cnn")
    run_id = make_run("Taught", config=config, checkpoint_path=checkpoint_path)
    run_dir = folders.run_dir_of(run_id)
    picture = {"id": "a", "label": 3, "held_out": False, "before": OUTLIER, "after": 3}
    told = {"pictures": [picture], "learned": [0.0, 1.0], "held_out": None}
    taught.save_report(run_dir, told | {"test": [0.937, 0.935], "drawings": None})
    app = open_mine()
    table = next(each.value for each in app.html if "Before → after" in each.value)
    assert "93.7% → 93.5%" in table
    assert "0.0% → 100.0%" in table
    assert any("✗ unknown → ✓ Dress" in each.value for each in app.html)
    press(app, "Use the taught model")
    assert app.session_state[state.MODEL] == run_id
    press(app, next(label for label in labels(app) if label.startswith("Back to")))
    assert app.session_state[state.MODEL] == "fashion_cnn"


def test_the_teaching_that_is_shown_is_the_visitors_own_whoever_taught_since(store, monkeypatch):
    monkeypatch.setattr(control, "spawn_worker", lambda run_dir: None)
    store.add([made(2, 100 + 20 * i) for i in range(4)])
    app = press(open_mine(), "Teach the model")
    (mine,) = folders.list_runs()
    teaches = TrainConfig(start_model="fashion_cnn")
    for owner in ("", "Ada", "Bob"):
        folders.create_run(teaches, f"Of {owner or 'all'}", "stopped", owner)
    assert "Learning your pictures" in words(app.run())
    ada = open_mine()
    ada.session_state[state.VISITOR] = "Ada"
    assert "Of Ada" in words(ada.run())
    shutil.rmtree(mine.run_dir)
    assert "Of all" in words(app.run())
    shutil.rmtree(next(run.run_dir for run in folders.list_runs() if not run.owner))
    assert "Of Bob" in words(app.run())


def test_a_killed_worker_is_said_and_its_run_can_go_on(store):
    make_run("Killed", "lost", config=TrainConfig(start_model="fashion_cnn"), message="")
    app = open_mine()
    assert "killed" in app.warning[0].value


def test_a_paused_teaching_is_no_failure_and_leads_to_its_run(store):
    run_id = make_run("Paused", "paused", config=TrainConfig(start_model="fashion_cnn"))
    app = open_mine()
    assert "It is paused" in str(labels(app))
    assert "did not finish" not in words(app)
    press(app, "It is paused. Resume it on Train")
    assert app.session_state[state.SHOWN_RUN] == app.session_state[state.LOOKED_AT] == run_id


def test_the_file_of_an_export_is_made_outside_the_session(monkeypatch):
    memory = my_pictures.PicturesInMemory()
    memory.add([made(3, 100)])
    monkeypatch.setattr(transfer, "store", lambda: memory)
    given = []
    monkeypatch.setattr(transfer.st, "download_button", lambda *args, **_: given.append(args[1]))
    transfer.show_export(memory.read_all())
    monkeypatch.setattr(transfer, "store", my_pictures.PicturesInMemory)  # as without a session
    kept, problems = picture_zip.read_zip(given[0](), 10, lambda done, total: None, [])
    assert (len(kept), problems) == (1, [])


def test_on_a_public_copy_pictures_stay_with_their_visitor(store, monkeypatch):
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    app = answered(open_page("classify", model="fashion_cnn"))
    what_it_was(app).set_value(8).run()
    app.switch_page("pages/my_pictures.py").run()
    assert "1 picture" in words(app)
    assert "nobody else sees them" in words(app)
    teach = labelled(app.button, "Teach the model")
    assert teach.disabled
    assert limits.READ_ONLY_SENTENCE in words(app)
    assert [button.label for button in app.get("download_button")] == ["Export"]
    assert "Nothing is kept yet" in words(open_mine())
    assert store.read_all() == []
    assert not store.folder.exists()


def test_what_was_deleted_elsewhere_is_not_said_of_the_answer_any_more(store):
    app = answered(open_page("classify", model="fashion_cnn"))
    what_it_was(app).set_value(8).run()
    (kept,) = store.read_all()
    store.delete(kept.picture_id)  # on another page
    app.run()
    assert what_it_was(app).value is None
    assert what_it_was(app).proto.set_value  # else the browser would send the old one again
    what_it_was(app).set_value(8).run()
    assert [each.label for each in store.read_all()] == [8]


def test_a_model_that_was_taught_elsewhere_is_no_teaching_of_this_copy(store, checkpoint_path):
    content = checkpoints.read_checkpoint(checkpoint_path)
    config = dataclasses.replace(content.config, start_model="fashion_cnn")
    checkpoints.save_checkpoint(checkpoint_path, config, content.weights, content.metrics)
    model_import.import_model(checkpoint_path, "Theirs")
    assert folders.list_runs()[0].config.start_model
    assert teach.last_teaching() is None


def test_a_model_that_is_gone_is_said_when_it_is_to_be_taught(store, tmp_path):
    config = TrainConfig(start_model="fashion_cnn")
    mine = taught.taught_pictures(["a"], np.zeros((1, 28, 28), np.uint8), np.array([1]))
    with pytest.raises(RunError, match="not here any more"):
        taught.start_teaching(config, tmp_path / "gone.pt", mine, "Mine")
    assert folders.list_runs() == []
