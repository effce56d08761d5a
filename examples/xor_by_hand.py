"""Exclusive or by threshold units with weights set by hand: x1 xor x2 = (x1 or x2) and not (x1 and x2)."""

import numpy as np

import bardana as keras

model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(2, "heaviside", name="and_or"), keras.layers.Dense(1, "heaviside")]
)
model.set_weights(
    [
        np.array([[1.0, 1.0], [1.0, 1.0]]),  # both neurons add the inputs
        np.array([-1.5, -0.5]),  # the first fires at two active inputs (AND), the second at one (OR)
        np.array([[-1.0], [1.0]]),  # OR excites the output, AND inhibits it
        np.array([-0.5]),
    ]
)
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
hidden = model.layers[0](x).numpy()
y = model.predict(x, verbose=0)
right = 0
print("x1 x2 | AND OR | XOR")
for (a, b), (both, any_of_them), (output,) in zip(x, hidden, y, strict=True):
    print(f" {a}  {b} |  {both:.0f}   {any_of_them:.0f} |  {output:.0f}")
    right += output == (a ^ b)
print(f"{right} of 4 right")
