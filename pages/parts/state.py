"""The names of all session and URL keys, and nothing but them.

The names in the URL stay as they are: old links must open.
"""

# Every page
ROUTED = "routed"  # from the router to the page that it runs
MODEL = "model"  # the id of the model in use, also in the URL
DIALOG = "dialog_open"  # there while a dialog is open that drawing the page anew would close
BUTTONS_DRAWN = "buttons_drawn"  # how many buttons were drawn that hear one click
BUTTON_HEARD = "button_heard"  # the number of the one that was clicked last
WATCHED_RUN = "watched_run_id"  # the run that trained last, until Train or Runs shows its end
UNTOLD_RUNS = "untold_run_ids"  # runs that were seen training, of whose end no toast has told yet
BEGUN = "begun"  # the key of what this visitor started last, and when, see begun.py
VISITOR = "visitor"  # the name that the visitor gave
VISITOR_FIELD = "visitor_field"
NAME_GIVEN = "name_given"  # whether the name was changed in this session
VISITOR_KEEPER = "visitor_keeper"  # the component that keeps it in the browser


def picker_key(key: str) -> str:
    """The widget that asks for what is kept under this key."""
    return f"{key}_picker"


def labels_key(key: str) -> str:
    """The labels that this picker showed last."""
    return f"{key}_labels"


# Home
TRAINING_PICTURES = "training_pictures"  # how many times others were asked for
LAYER_TABLE = "layer_table"  # whether it is unfolded


def training_key(model_id: str) -> str:
    """Whether it is unfolded how a model was trained."""
    return f"training_{model_id}"


def network_key(first: str | None) -> str:
    """The network that is shown; a choice for each one that is shown at first."""
    return f"network-{first}"


# Predictions, each also in the URL
TRUE_LABEL = "true_label"
PREDICTED_LABEL = "predicted_label"
OUTCOME = "outcome"
CONFIDENCE = "confidence"
SORT = "sort"
PAGE = "page"
INDEX = "index"  # of the picked image

# Predictions and Confusion matrix: the pictures that are shown, in the URL
IMAGES = "images"


def images_key(page: str) -> str:
    """The widget with which a page asks for them: one for both would take its choice along."""
    return f"{page}_images"


# Confusion matrix and Compare: the picked cell as the names of two classes, also in the URL
TRUE = "true"
PRED = "pred"


def clicks_key(key: str) -> str:
    """The component that hears the clicks on the matrix of this key."""
    return f"{key}_clicks"


# Confusion matrix
MODE = "mode"  # also in the URL
HIDE = "hide"  # also in the URL
CELL_IMAGE = "cell_image"  # the index of the image that is shown large, if it is in the cell

# Compare
COMPARE_WITH = "compare_with"  # the id of the second model
FIRST_PICKER = "compare_first"  # the widget that asks for the model in use on the page
GROUP = "group"  # the images that one of the numbers counts, also in the URL
GROUP_CLASS = "group_class"  # the class of these images, also in the URL
CLASSES_TABLE = "classes_table"
PAIR_IMAGE = "pair_image"  # the index of the image that is shown large, if it is in what is shown

# Classify
CLASSIFY_WITH = "classify_with"  # the id of the second model
WAY = "way"  # also in the URL
UPLOADS = "uploads"  # the field for pictures on Classify
BROUGHT = "brought"  # the pictures that are shown, of the field and from before
BROUGHT_BEFORE = "brought_before"  # those that came before the field was drawn anew
UPLOADED = "uploaded"  # the ids of the field's files, in the order in which they are shown
CAMERA = "camera"
PHOTO = "photo"  # the file of the last one, None where it was taken back
SAMPLES = "samples"  # the indices that are shown
SAMPLE = "sample"  # the picked index
BRUSH = "brush"
CANVAS_START = "canvas_start"  # the strokes with which the canvas begins
DRAWING = "drawing"  # the strokes and pixels as the canvas sent them last
CANVAS_KEYS = "canvas_keys"  # the component that hears Ctrl+Z
UNDONE = "undone"  # drawings that can be brought back, the latest last
CLEARED = "cleared"  # the drawing that Clear took away, until something is drawn
REPLACED = "replaced"  # drawings that the canvas may still speak of
KNOWN_DRAWINGS = "known_drawings"  # the latest, with their pixels, the newest last
DRAWING_NAME = "drawing_name"  # by which it is found again after a refresh
HAS_DRAWN = "has_drawn"  # there once this session had a drawing on Classify or Home
TIMES_CLEARED = "times_cleared"
SHEET = "sheet"  # of paper, that is drawn on; there is none for the drawing of Classify and Home
PUT_ASIDE = "put_aside"  # by sheet, what was drawn there, while another one is drawn on


def canvas_key(place: str) -> str:
    """The canvas of one page."""
    return f"canvas_{place}"


def eraser_key(times_cleared: int) -> str:
    """The eraser's switch: a new one after each clearing."""
    return f"eraser_{times_cleared}"


def adjust_key(picture: str) -> str:
    """Whether the fields that correct one picture are unfolded."""
    return f"adjust_{picture}"


def correction_key(name: str, picture: str) -> str:
    """One way to correct one picture."""
    return f"{name}_{picture}"


def kept_correction_key(picture: str) -> str:
    """The values, by name, of the fields that correct one picture."""
    return f"{picture}_correction"


def hypothesis_key(picture: str) -> str:
    """What of a picture is answered: the whole, a part of somebody dressed, or it turned."""
    return f"hypothesis_{picture}"


def said_to_count_key(picture: str) -> str:
    """Which of these the visitor picked last for one picture, and in which widget."""
    return f"said_to_count_{picture}"


def steps_key(picture: str) -> str:
    """Whether the steps of one picture are unfolded."""
    return f"steps_{picture}"


# My pictures
MY_PICTURES = "my_pictures"  # those of this session, where this copy keeps none
KEPT = "kept"  # the ids of answered pictures that were kept, by a digest of their pixels
KEEP_PROBLEM = "keep_problem"  # why the last click kept nothing
TAKEN_BACK = "taken_back"  # the pictures that were deleted last, each with its file's content
SKETCH = "sketch"  # whether the canvas is unfolded
SKETCHED = "sketched"  # how often a label was clicked there
LAST_SKETCH = "last_sketch"  # the id of the picture that was kept there last
MINE_SHOWN = "show"  # which of them are listed, also in the URL
MINE_PAGE = "mine_page"  # also in the URL
MINE_PICKED = "mine_picked"  # the id of the open one
MINE_OUTCOME = "mine_outcome"  # what the last action came to, a sentence
MINE_IMPORTS = "mine_imports"  # how many files were imported
TEACHING = "teaching"  # the id of the run with which this session taught last


def keep_key(picture: str, digest: int) -> str:
    """The row of labels under the answer to one picture."""
    return f"keep_{picture}_{digest}"


def problem_key(widget: str) -> str:
    """Why the last click on this row of labels kept nothing."""
    return f"problem_{widget}"


def relabel_key(picture_id: str, label: int) -> str:
    """The label of an open picture; a new one where the label is another."""
    return f"relabel_{picture_id}_{label}"


def mine_file_key(imports: int) -> str:
    """The field for a zip file: an empty one after each import."""
    return f"mine_file_{imports}"


# Compare and Classify, in the URL
WITH = "with"

# Inside
OPENED_IMAGE = "opened_image"  # the index of the image whose dialog opens
IMAGE = "image"  # the index of the test image, also in the URL
PICTURE = "picture"  # in the URL: the pixels of a visitor's picture, packed
PICTURE_NAMES = "picture_names"  # what pictures that were answered are called, by packed pixels
VIEW = "view"  # also in the URL, where "projector" is the projector view, on every page
MIRROR = "mirror"
PICKED_MAP = "picked_map"  # a network's name, the place of a layer in it, a map of that layer
LAYER = "layer"  # in the URL: the name of that layer
MAP = "map"  # in the URL: the number of that map
LAYER_ROWS = "layer_rows"
CAM_SIZE = "cam_size"
LAYOUT = "layout"
COLORING = "coloring"
POINTS = "points"


def sketch_key(number: int) -> str:
    """The labels after so many clicks on them."""
    return f"sketch_label_{number}"


def film_key(run_id: str) -> str:
    """Whether the film of a run that has ended is unfolded on Runs."""
    return f"film_{run_id}_open"


def looks_key(part: str, picture: str) -> str:
    """The panel, or the class in it, that shows where a model looks in a picture."""
    return f"looks_{part}_{picture}"


def alike_key(part: str, picture: str) -> str:
    """The panel, or its button, of the training images that are like a picture."""
    return f"alike_{part}_{picture}"


# Lecture
TALLIED = "tallied"  # by a picture's digest, what was counted of it: label, answer, the round

# Glossary
TERM = "term"  # the term that a link asks for, in the URL
TERM_SEARCH = "term_search"

# Lesson
LESSON_DONE = "steps_done"  # the numbers of the steps, also in a cookie
LESSON_ROUND = "lesson_round"  # when it last began anew, 0 if never
LESSON_PROGRESS = "lesson_progress"  # the component that writes the cookie
LESSON_STEP = "lesson"  # the number of the step that led to a page, also in the URL
LESSON_ANSWER = "lesson_answer"  # the right answer that a page's line on the lesson shows, or ""
LESSON_SOLVED = "lesson_solved"  # the step that a page's line found done, until Lesson is open
LESSON_DRAWN = "lesson_drawn"  # what the visitor says to have drawn
LESSON_DRAWN_OF = "lesson_drawn_of"  # a digest of the drawing of which that was said
NUMBER_OPEN = "number_open"  # of which picture a phone shows the picked map as a sheet
PICKED_RANK = "picked_rank"  # of the map picked last on Inside: its layer, place among its maps
SEEN_CELL = "seen_cell"  # the labels of the cell of a matrix that was picked last
STARTED_RUNS = "started_runs"  # the ids of this visitor's runs, the newest last, also in the cookie

# Play
GAME = "game"  # the id of the visitor's game, also in the URL
GAME_PROBLEM = "game_problem"  # why a round begins anew, or what could not be kept
WANTED_GAME = "wanted_game"  # the kind of game that begins when the model is ready
GAME_SOUND = "game_sound"
NICKNAME = "nickname"


def sheet_key(game_id: str, place: int) -> str:
    """The sheet of paper of one round."""
    return f"{game_id}_{place}"


def clock_key(game_id: str, place: int) -> str:
    """The clock of one round."""
    return f"clock_{game_id}_{place}"


def kept_rounds_key(game_id: str) -> str:
    """The drawings of a game that are kept when asked for."""
    return f"kept_rounds_{game_id}"


# Wrong labels, each also in the URL
SPLIT = "split"
LISTED = "list"  # which of the images are listed
LISTED_PAGE = "list_page"
LISTED_IMAGE = "listed_image"  # the index of the picked image in its file
WITHOUT = "without"  # how many of the first images are left out


# Export
def export_key(part: str, model_id: str) -> str:
    """One part of a model's export: its kind, its buttons, what was made."""
    return f"export_{model_id}_{part}"


# Train's form, which Home fills in, too
RECIPE = "recipe"  # in the URL: the name of the recipe that was picked last


def train_key(name: str) -> str:
    """The field of this hyper-parameter; also in the URL, where it is not as in the recipe."""
    return f"train_{name}"


# Train, the visitor's own network
LAYERS = "layers"  # in the URL: its description
OWN_NETWORK = "own_network"  # its description, also while the form names another one
NETWORK_VERSION = "network_version"  # how often its cards were drawn anew
NETWORK_TEXT = "network_text"
FORMER_NETWORKS = "former_networks"  # its descriptions before each change, the latest last
FOCUSED = "focused"  # the widget key of the button that gets the keyboard back
BUILDER = "builder"
BEFORE_BUILDER = "before_builder"  # the form's network, and NETWORK_VERSION, when it was opened
EPOCH_SECONDS = "epoch_seconds"  # by network, optimizer, batch size and images: what was measured


def layer_key(version: int, place: int, setting: str) -> str:
    """One setting of one layer's card."""
    return f"layer-{version}-{place}-{setting}"


# Train and Runs
SHOWN_RUN = "shown_run"  # the id of the run that Train shows when nothing trains
LOOKED_AT = "looked_at"  # the id of the paused run that Train shows although another one trains
RUN_NAME = "run_name"  # as Train's form has it
TRAIN_VALUES = "train_values"  # what the form of Train held when it was last drawn
SETTINGS = "settings"  # whether the fields of Train's form are unfolded
FORM_CHECK = "form_check"  # the component that finds a number outside its range
START_PROBLEM = "start_problem"  # why the last click on Start started nothing
TRAIN_ERROR = "train_error"  # why the last click did nothing, shown by the next drawing of Train
RECIPE_CHANGES = "recipe_changes"  # how often another recipe, or none, was shown as picked
RECIPE_BASE = "recipe_base"  # the recipe that was picked last
SWEEP_FIELD = "vary"  # the hyper-parameter that a sweep varies
READ_EVENTS = "seen_events"  # what was read of the shown run's events, and how far
BESIDE = "beside"  # the id of the run whose curves are dashed, also in the URL
CONTINUE_REFUSAL = "continue_refused"  # a run's id and why it does not go on
RUNS_OUTCOME = "runs_outcome"  # what the last action came to: "error" or "success", sentence
IMPORTED_FILE = "imported_file"  # the name of the file that became a run, what to say of it
IMPORT_COUNT = "import_count"  # how many files were imported
IMPORTED = "imported"  # by the id of a file the work of a thread, and what it reported; see once.py
PRUNE_RULE = "prune_rule"

# Runs, each also in the URL
SEARCH = "search"
RUN_STATE = "state"
NETWORK = "network"
TAG = "tag"
SORT_BY = "sort_by"
ORDER = "order"
COLUMNS = "columns"
CURVE_METRIC = "curve"
CURVE_X = "by"
SMOOTHING = "smoothing"
SEEDS_AS_MEAN = "seeds"
TICKED_IN_URL = "runs"  # the ids of the ticked runs, with commas between them

CURVE_COLORS = "curve_colors"  # the places of those that runs had last, by run id; not in the URL

# Runs, the leaderboard
LEADERBOARD = "leaderboard"
AGAINST = "against"  # also in the URL: what accuracy is drawn against

# Runs, the table
RUNS_TABLE = "runs_table"
TICKED_RUNS = "ticked_runs"  # the ids of the ticked runs, also of those that a filter hides
OPENED_RUN = "open"  # the id of the run whose row was clicked, also in the URL
TAKEN_CELL = "taken_cell"  # the cell of that click
TABLE_RUNS = "shown_runs"  # the ids of the table's rows as they were last drawn


def recipe_key(changes: int) -> str:
    """The pills of the recipes: new ones after each change that was not a click on them."""
    return f"recipe_{changes}"


def sweep_key(name: str, proposed: str) -> str:
    """The values of a sweep; new ones where others are proposed."""
    return f"values-{name}-{proposed}"


def model_file_key(import_count: int) -> str:
    """The field for a model file: an empty one after each import."""
    return f"model_file_{import_count}"


def annotation_key(part: str, run_id: str) -> str:
    """The field of a run's name, text or tags."""
    return f"{part}-{run_id}"


def prune_count_key(rule: str) -> str:
    """The number that belongs to this rule."""
    return f"prune_{rule}"
