"""Fashion CNN Lab's core: trains and asks small networks on Fashion-MNIST, without any user
interface.

Read it in this order:

metadata     facts about the data set
config       the hyper-parameters of one run
limits       what a public copy allows, from the environment
variants     several runs that differ in one hyper-parameter
data         find, fetch and verify Fashion-MNIST; its three splits
transforms   pixels to model input
models       the networks by name
optimizers   the rules that turn gradients into weight changes
predict      asking a trained model
evaluation   what the answers are worth
comparison   what two models' answers have apart
training     the training loop, a generator of events; keeping its state and going on
checkpoints  model files: save, load, list
teacher      what a wide net says of the training images
pictures     any picture to 28×28 pixels as the data set has them
cutouts      where the garment is in a photo whose ground is not plain
garments     random garments of each class as areas and lines
clutter      random pictures of anything but clothes
sketches     synthetic drawings and photos to learn from
plots        Plotly figures and tidy frames from plain arrays
notes        names, notes and tags that visitors give to runs
runs         run folders: start, read, pause, stop
run_queue    what waits, what is next, going on with a run
rate_finder  which learning rate: a curve over many, and the one it suggests
run_table    many runs: search, sort, what differs, mean over seeds
housekeeping what runs take on disk, and which may go
export       models and runs as files to take along
worker       the process that trains one run or finds a learning rate
__main__     the command line
"""
