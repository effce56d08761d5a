"""A generative adversarial network on points of a ring, with the discriminator frozen inside the combined model."""

import numpy as np
import tensorflow as tf
from keras.layers import Dense, LeakyReLU
from keras.models import Sequential
from keras.optimizers import Adam

np.random.seed(0)
tf.random.set_seed(0)
latent_dim, batch_size = 4, 64


def real_samples(n):
    angle = np.random.uniform(0, 2 * np.pi, n)
    return np.stack([3 + np.cos(angle), np.sin(angle)], axis=1)


discriminator = Sequential(name="discriminator")
discriminator.add(Dense(32, input_dim=2))
discriminator.add(LeakyReLU(alpha=0.2))
discriminator.add(Dense(32))
discriminator.add(LeakyReLU(alpha=0.2))
discriminator.add(Dense(1, activation="sigmoid"))
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(lr=0.002, beta_1=0.5), metrics=["accuracy"])

generator = Sequential(name="generator")
generator.add(Dense(32, input_dim=latent_dim, activation="relu"))
generator.add(Dense(32, activation="relu"))
generator.add(Dense(2, activation="linear"))

discriminator.trainable = False
gan = Sequential([generator, discriminator])
gan.compile(loss="binary_crossentropy", optimizer=Adam(lr=0.002, beta_1=0.5))
assert len(gan.trainable_weights) == len(generator.weights)


def distance(points):
    return np.abs(np.linalg.norm(points - [3, 0], axis=1) - 1).mean()


before = distance(generator.predict(np.random.normal(size=(500, latent_dim)), verbose=0))
for step in range(1500):
    noise = np.random.normal(0, 1, (batch_size, latent_dim))
    frozen = discriminator.get_weights()
    generated = generator.predict(noise, verbose=0)
    images = np.concatenate([real_samples(batch_size), generated])
    labels = np.concatenate([np.ones((batch_size, 1)), np.zeros((batch_size, 1))])
    d_loss, d_acc = discriminator.train_on_batch(images, labels)
    trained = discriminator.get_weights()
    assert step > 5 or any((a != b).any() for a, b in zip(frozen, trained, strict=True))
    g_loss = gan.train_on_batch(np.random.normal(0, 1, (batch_size, latent_dim)), np.ones((batch_size, 1)))
    assert step > 5 or all((a == b).all() for a, b in zip(trained, discriminator.get_weights(), strict=True))

after = distance(generator.predict(np.random.normal(size=(500, latent_dim)), verbose=0))
print("distance from the ring:", before, "->", after, "losses", d_loss, g_loss)
assert after < before / 3
