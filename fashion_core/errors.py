"""Every exception whose text is for visitors: it says what was wrong, the value, and what to do.

LabError
├── DataError        Fashion-MNIST cannot be had
├── ConfigError      a hyper-parameter is unknown or out of range
├── LimitError       a limit of this copy is set to something that is none
├── PictureError     a picture cannot be used
├── PictureSetError  a folder of pictures cannot be used
├── CheckpointError  a model file is missing, damaged, unsafe or does not fit
├── TeacherError     the teacher's answers are missing, damaged or another model's
├── ExportError      a file to take along cannot be made
├── InsideError      a network or picture cannot be looked into
│   └── TooManyJobs  so many jobs wait that no other is begun
├── TrainingFailed   the loss is not a number any more or has exploded
├── ResumeError      what was kept of a run does not fit its configuration
├── RunError         a run cannot be started, read or deleted
│   └── BusyMachineError  the machine has no room for another process
├── GameError        a game cannot be kept
└── AnnotationsError what was written about a run is too long or cannot be kept
"""


class LabError(Exception):
    """The base of all of them, which pages and the command line catch."""


class DataError(LabError):
    """Fashion-MNIST cannot be had; says why and the ways to supply it."""


class ConfigError(LabError, ValueError):
    """A hyper-parameter is unknown or out of range; names it, its value and what is allowed."""


class LimitError(LabError):
    """A limit is set to something that is none; names the variable, its value and what to set."""


class PictureError(LabError, ValueError):
    """A picture cannot be used; says what was wrong, the value, and what to do."""


class PictureSetError(LabError):
    """A folder of pictures cannot be used; says which and what it should hold."""


class CheckpointError(LabError):
    """A model file is missing, damaged, unsafe or does not fit; says which and what to do."""


class TeacherError(LabError):
    """The teacher's answers are missing, damaged or another model's; says which and what to do."""


class ExportError(LabError):
    """A file to take along cannot be made; says why and what to do."""


class InsideError(LabError):
    """A network or picture cannot be looked into; says why and what to do."""


class TooManyJobs(InsideError):
    """So many jobs wait that no other is begun; says so."""


class TrainingFailed(LabError):
    """The loss is not a number any more or has exploded; says so and what to change."""


class ResumeError(LabError):
    """What was kept of a run does not fit its configuration; says what."""


class RunError(LabError):
    """A run cannot be started, read or deleted; says why and what to do."""


class BusyMachineError(RunError):
    """The machine has no room for another process at the moment; says so and what to do."""


class GameError(LabError):
    """A game cannot be kept; says why and what to do."""


class AnnotationsError(LabError):
    """A name, note or tags are too long or cannot be kept; says which and what to do."""
