"""Deep Q learning on a corridor of seven cells, in the manner of many agents for gym: replay and a target network."""

import random
from collections import deque

import numpy as np
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam


class Corridor:
    """Walk left (0) or right (1); the right end pays 1, the left end nothing; both end the episode."""

    observation_shape = (7,)
    action_count = np.int64(2)

    def reset(self):
        self.cell = 3
        return self._see()

    def step(self, action):
        self.cell += 1 if action == 1 else -1
        done = self.cell in (0, 6)
        return self._see(), float(self.cell == 6), done

    def _see(self):
        return np.eye(7, dtype=np.float32)[[self.cell]]


class Agent:
    def __init__(self, state_size, action_size):
        self.action_size = action_size
        self.memory = deque(maxlen=500)
        self.gamma = 0.9
        self.epsilon = 1.0
        self.model = self._build_model(state_size)
        self.target_model = self._build_model(state_size)
        self.update_target_model()

    def _build_model(self, state_size):
        model = Sequential()
        model.add(Dense(24, input_dim=state_size, activation="relu"))
        model.add(Dense(self.action_size, activation="linear"))
        model.compile(loss="mse", optimizer=Adam(lr=0.01))
        return model

    def update_target_model(self):
        self.target_model.set_weights(self.model.get_weights())

    def act(self, state):
        if np.random.rand() <= self.epsilon:
            return random.randrange(self.action_size)
        return np.argmax(self.model.predict(state, verbose=0)[0])

    def replay(self, batch_size):
        for state, action, reward, next_state, done in random.sample(self.memory, batch_size):
            target = self.model.predict(state, verbose=0)
            future = 0.0 if done else np.amax(self.target_model.predict(next_state, verbose=0)[0])
            target[0][action] = reward + self.gamma * future
            self.model.fit(state, target, epochs=1, verbose=0)
        states = np.concatenate([entry[0] for entry in self.memory])
        loss = self.model.train_on_batch(states, self.model.predict_on_batch(states))
        assert isinstance(loss, float)
        self.epsilon = max(0.05, self.epsilon * 0.95)


random.seed(1)
np.random.seed(1)
tf.random.set_seed(1)
env = Corridor()
agent = Agent(env.observation_shape[0], env.action_count)
for episode in range(60):
    state, done = env.reset(), False
    while not done:
        action = agent.act(state)
        next_state, reward, done = env.step(action)
        agent.memory.append((state, action, reward, next_state, done))
        state = next_state
    if len(agent.memory) > 32:
        agent.replay(32)
        agent.update_target_model()

values = agent.model.predict(np.eye(7, dtype=np.float32)[1:6], verbose=0)
print(values)
assert (values.argmax(axis=1) == 1).all()
assert values[:, 1].argmax() == 4
assert values[-1, 1] > 0.5
