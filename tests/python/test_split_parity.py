"""`utils.split_dataset` gives the rows that it gives in Keras, to the same part and in the same order."""

from __future__ import annotations

import random

import numpy as np
import pytest

import bardana

pytestmark = pytest.mark.parity

X = np.arange(22.0).reshape(11, 2)
Y = np.arange(11)
SIZES = [
    {"left_size": 0.8},
    {"left_size": 3},
    {"right_size": 0.25},
    {"right_size": 4},
    {"left_size": 0.4, "right_size": 0.6},
    {"left_size": 0.3, "right_size": 0.3},
    {"left_size": 2, "right_size": 3},
    {"left_size": 0.3, "right_size": 2},
]


def examples(dataset):
    """Return the columns of a dataset of Keras, whose elements are single examples or batches."""
    elements = [element if isinstance(element, tuple) else (element,) for element in dataset]
    return [np.array([np.asarray(part) for part in column]) for column in zip(*elements, strict=True)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("shuffling", [{}, {"shuffle": True, "seed": 7}, {"shuffle": True}])
@pytest.mark.parametrize("given", [X, (X, Y), [X], [X, Y, Y * 0.5]], ids=["array", "pair", "list", "three"])
def test_parts_are_those_of_keras(given, shuffling, sizes, keras):
    random.seed(3)
    theirs = keras.utils.split_dataset(given, **sizes, **shuffling)
    random.seed(3)
    ours = bardana.utils.split_dataset(given, **sizes, **shuffling)
    for their_part, our_part in zip(theirs, ours, strict=True):
        columns = our_part if isinstance(given, (list, tuple)) else [our_part]
        for expected, found in zip(examples(their_part), columns, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "sizes",
    [
        *({}, {"left_size": 0}, {"left_size": 11}, {"left_size": -1}, {"left_size": 1.0}, {"right_size": 0.0}),
        *({"left_size": "3"}, {"right_size": True}, {"left_size": [1]}, {"left_size": 0.01}, {"right_size": 0.99}),
        *({"left_size": 0.6, "right_size": 0.6}, {"left_size": 6, "right_size": 6}),
        {"left_size": 0.5, "right_size": 0.5},  # 6 rows each, by rounding
    ],
    ids=str,
)
def test_sizes_that_both_refuse(sizes, keras):
    kinds = []
    for package in (keras, bardana):
        with pytest.raises((TypeError, ValueError)) as caught:
            package.utils.split_dataset((X, Y), **sizes)
        kinds.append(caught.type)
    assert kinds[0] is kinds[1]


@pytest.mark.parametrize("dataset", [[], (), (X, Y[:5]), [X, "text"], "text", 3, {"x": X}], ids=repr)
def test_data_that_both_refuse(dataset, keras):
    for package in (keras, bardana):
        with pytest.raises((TypeError, ValueError)):
            package.utils.split_dataset(dataset, left_size=0.5)


def test_batches_stay_batches(keras):
    import tensorflow as tf

    theirs = keras.utils.split_dataset(tf.data.Dataset.from_tensor_slices((X, Y)).batch(4), left_size=0.6)
    for source in (tf.data.Dataset.from_tensor_slices((X, Y)).batch(4), Batched(), iter(Batched())):
        ours = bardana.utils.split_dataset(source, left_size=0.6)
        for their_part, our_part in zip(theirs, ours, strict=True):
            for expected, found in zip(their_part, our_part, strict=True):
                for a, b in zip(expected, found, strict=True):
                    np.testing.assert_array_equal(np.asarray(b), np.asarray(a))


class Batched(bardana.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]


def test_parts_train_a_model():
    model = bardana.Sequential([bardana.Input((2,)), bardana.layers.Dense(1)])
    model.compile("sgd", "mse")
    left, right = bardana.utils.split_dataset((X / 22, Y / 11), left_size=8, shuffle=True, seed=0)
    assert list(model.fit(*left, validation_data=right, verbose=0).history) == ["loss", "val_loss"]
    left, right = bardana.utils.split_dataset(Batched(), left_size=8)
    assert model.fit(left, validation_data=right, verbose=0).params["steps"] == 2
    with pytest.raises(ValueError, match="preferred_backend=None"):
        bardana.utils.split_dataset(X, 0.5, preferred_backend="tensorflow")
    with pytest.raises(ValueError, match="empty"):
        bardana.utils.split_dataset(iter(()), 0.5)
