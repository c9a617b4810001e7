"""Facts about Fashion-MNIST that never change: names, sizes, pixel statistics, checksums.

Standard library only. Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
Benchmarking Machine Learning Algorithms", 2017, and the repository zalandoresearch/fashion-mnist.
"""

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
NUM_CLASSES = len(CLASS_NAMES)
OUTLIER = -1  # in training, the label of pictures of none of the ten classes

IMAGE_SIZE = 28  # edge of a square image, in pixels

# Images in the training files, before our own validation split is taken out
TRAIN_FILE_SIZE = 60_000
TRAIN_SIZE = 55_000
VAL_SIZE = 5_000
TEST_SIZE = 10_000
SPLIT_SIZES = {"train": TRAIN_SIZE, "val": VAL_SIZE, "test": TEST_SIZE}
# Fixes which training images are validation images; the data set's publication date
SPLIT_SEED = 20170825

# Mean and standard deviation of all pixels of the 60,000 training images, scaled to 0…1.
PIXEL_MEAN = 0.2860
PIXEL_STD = 0.3530

# MD5 of each file's decompressed content: only the .gz around it differ between distributors.
FILE_MD5 = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}
