"""The random numbers of the engine, dropout and shuffling, against their twins in reference.py."""

import numpy as np
import pytest
import reference
from closeness import DTYPES, numbers

from bardana import _core


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_dropout(rate, dtype):
    config = {"name": "d", "trainable": True, "dtype": dtype, "rate": rate, "seed": 2**31 - 5, "noise_shape": None}
    model = _core.Model("m", dtype, (17,), [{"class_name": "Dropout", "config": config}])
    x = numbers(dtype, 3, 17)
    for call in (1, 2):
        y = model.predict(x, training=True, call=call)
        factors = reference.dropout_factors(3, 17, rate, 2**31 - 5, call).astype(dtype)
        np.testing.assert_array_equal(y, x * factors)
    np.testing.assert_array_equal(model.predict(x), x)


def test_philox_of_the_paper():
    """Known answers of the authors' own library, Random123 (kat_vectors, philox4x32 10)."""
    assert reference.philox((0, 0), (0, 0, 0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    ones = 0xFFFFFFFF
    assert reference.philox((ones, ones), (ones,) * 4) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)


@pytest.mark.parametrize("rows", [1, 2, 3, 17, 100])
@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (7, 3), (2**63 + 12345, 2**33)])
def test_permutation(rows, seed, epoch):
    assert _core.permutation(rows, seed, epoch).tolist() == reference.permutation(rows, seed, epoch)


def test_permutations_differ_by_seed_and_epoch():
    orders = {tuple(_core.permutation(50, seed, epoch).tolist()) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9
    assert all(sorted(order) == list(range(50)) for order in orders)
