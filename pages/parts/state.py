"""The names of all session and URL keys, and nothing but them.

A key with a widget of the same name is its widget's, too. The URL's names stay: old links must open.
"""

# Every page
ROUTED = "routed"  # from the router to the page that it runs
MODEL = "model"  # the id of the model in use, also in the URL
WANTED_MODEL = "wanted_model"  # from a button to the picker, which is drawn before the page
DIALOG = "dialog_open"  # there while a dialog is open that drawing the page anew would close


def picker_key(key: str) -> str:
    """The widget that asks for what is kept under this key."""
    return f"{key}_picker"


def labels_key(key: str) -> str:
    """The labels that this picker showed last."""
    return f"{key}_labels"


# Home
TRAINING_PICTURES = "training_pictures"  # how many times others were asked for


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

# Confusion matrix and Compare: the picked cell as the names of two classes, also in the URL
TRUE = "true"
PRED = "pred"


def clicks_key(key: str) -> str:
    """The component that hears the clicks on the matrix of this key."""
    return f"{key}_clicks"


# Confusion matrix
MODE = "mode"  # also in the URL
HIDE = "hide"  # also in the URL
OPENED_IMAGE = "opened_image"  # the index of the image whose dialog opens

# Compare
COMPARE_WITH = "compare_with"  # the id of the second model
OPENED_PAIR = "opened_pair"  # the index of the image whose dialog opens

# Classify
CLASSIFY_WITH = "classify_with"  # the id of the second model
WAY = "way"  # also in the URL
SAMPLES = "samples"  # the indices that are shown
SAMPLE = "sample"  # the picked index
BRUSH = "brush"
CANVAS = "canvas"
CANVAS_START = "canvas_start"  # the strokes with which the canvas begins
DRAWING = "drawing"  # the strokes and pixels as the canvas sent them last
REPLACED = "replaced"  # drawings that the canvas may still speak of
TIMES_CLEARED = "times_cleared"


def eraser_key(times_cleared: int) -> str:
    """The eraser's switch: a new one after each clearing."""
    return f"eraser_{times_cleared}"


def correction_key(name: str, picture: str) -> str:
    """One way to correct one picture."""
    return f"{name}_{picture}"


def steps_key(picture: str) -> str:
    """Whether the steps of one picture are unfolded."""
    return f"steps_{picture}"


# Compare and Classify, in the URL
WITH = "with"


# Export
def export_key(part: str, model_id: str) -> str:
    """One part of a model's export: its kind, its buttons, what was made."""
    return f"export_{model_id}_{part}"


# Train's form, which Home fills in, too
def train_key(name: str) -> str:
    """The field of this hyper-parameter."""
    return f"train_{name}"
