"""Flowers into species with scikit-learn's tools around a Keras model, as tutorials of 2016 did."""

import numpy
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential
from keras.utils import np_utils
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

seed = 7
numpy.random.seed(seed)
tf.set_random_seed(7)
iris = load_iris()
X = iris.data
species = iris.target_names[iris.target]
encoder = LabelEncoder()
encoded_Y = encoder.fit_transform(species)
dummy_y = np_utils.to_categorical(encoded_Y)


def baseline_model(units=8):
    model = Sequential()
    model.add(Dense(units, input_dim=4, activation="relu"))
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


estimator = KerasClassifier(build_fn=baseline_model, nb_epoch=100, batch_size=5, verbose=0)
results = cross_val_score(estimator, X, dummy_y, cv=KFold(n_splits=3, shuffle=True, random_state=seed))
print("Baseline: %.2f%% (%.2f%%)" % (results.mean() * 100, results.std() * 100))
assert results.mean() > 0.85

labelled = KerasClassifier(build_fn=baseline_model, epochs=100, batch_size=5, verbose=0)
pipeline = Pipeline([("scale", StandardScaler()), ("net", labelled)])
results = cross_val_score(pipeline, X, species, cv=StratifiedKFold(n_splits=3, shuffle=True, random_state=seed))
assert results.mean() > 0.85
pipeline.fit(X, species)
assert set(pipeline.predict(X)) == set(species)
assert pipeline.predict_proba(X).shape == (150, 3)

grid = GridSearchCV(
    KerasClassifier(build_fn=baseline_model, verbose=0, batch_size=10), {"epochs": [1, 60], "units": [8]}
)
grid.fit(X, encoded_Y)
assert grid.best_params_ == {"epochs": 60, "units": 8}


def line():
    model = Sequential([Dense(1, input_dim=1)])
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model


x = numpy.linspace(-1, 1, 60)[:, None]
results = cross_val_score(KerasRegressor(build_fn=line, epochs=300, batch_size=5, verbose=0), x, 3 * x[:, 0] + 1, cv=3)
print("Line: %.3f (%.3f) MSE" % (results.mean(), results.std()))
assert -0.5 < results.mean() <= 0
