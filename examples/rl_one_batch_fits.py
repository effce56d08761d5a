"""Q-learning with a network that is fitted to one small batch at a time, as in a reinforcement learning loop.

A walker on ten cells steps left or right and is rewarded at the right end. Q(s, a) is the reward that can still be
had, discounted by 0.9 per step; each batch moves it towards r + 0.9 · max Q(s', ·) (Watkins, 1989).
"""

import time

import numpy as np

import bardana as keras

CELLS, DISCOUNT, BATCH, ROUNDS = 10, 0.9, 32, 2000

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
one_hot = np.eye(CELLS, dtype="float32")

model = keras.Sequential([keras.Input((CELLS,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(2)])
model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=0.2))

start = time.perf_counter()
for _ in range(ROUNDS):
    cells = rng.integers(0, CELLS - 1, BATCH)
    actions = rng.integers(0, 2, BATCH)
    next_cells = np.maximum(cells + np.where(actions == 1, 1, -1), 0)
    arrived = next_cells == CELLS - 1
    future = model.predict(one_hot[next_cells], verbose=0).max(axis=1)
    targets = model.predict(one_hot[cells], verbose=0)
    targets[np.arange(BATCH), actions] = np.where(arrived, 1.0, DISCOUNT * future)
    model.fit(one_hot[cells], targets, epochs=1, verbose=0)
seconds = time.perf_counter() - start

values = model.predict(one_hot[:-1], verbose=0)
print(f"{ROUNDS} rounds of two predicts and one fit in {seconds:.2f} s")
print("policy:", " ".join("→" if right > left else "←" for left, right in values))
print("value of going right:", values[:, 1].round(2), "exact:", (DISCOUNT ** np.arange(CELLS - 2, -1, -1)).round(2))
