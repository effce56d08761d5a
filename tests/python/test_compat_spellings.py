"""Old spellings under `bardana.compat`: each works, and warns at the line that uses it with the spelling of today.

All cases run in one other process, each as a script of its own; what it warned, raised and left in `result` comes back
as JSON.
"""

import json
import subprocess
import sys

import pytest

HARNESS = """
import json, sys, warnings
import numpy as np
import bardana
bardana.compat.install()

def run(name, code):
    bardana.utils.set_random_seed(1)
    space = {"__name__": f"case_{name}", "np": np}
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(code, f"case_{name}.py", "exec"), space)
        except Exception as exception:
            error = [type(exception).__name__, str(exception)]
    told = [[w.category.__name__, str(w.message), w.filename, w.lineno] for w in caught]
    return {"warnings": told, "error": error, "result": space.get("result")}

cases = json.load(sys.stdin)
print(json.dumps({name: run(name, code) for name, code in cases.items()}))
"""

MODEL = """
import keras
from keras.models import Sequential
from keras.layers import Dense
x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"); y = np.array([0, 1, 1, 0], "float32")
model = Sequential([keras.Input((2,)), Dense(8, "tanh"), Dense(1, "sigmoid")])
model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
"""

# name → (setup, the one line that is spelled as once, what the warning says, value of `result`)
OLD_SPELLINGS = {
    "lr": ("import keras", "result = float(keras.optimizers.SGD(lr=0.25).learning_rate)", "learning_rate=", 0.25),
    "lr_adam": ("import keras", "result = float(keras.optimizers.Adam(lr=0.5).learning_rate)", "learning_rate=", 0.5),
    "epsilon_none": ("import keras", "result = keras.optimizers.Adam(epsilon=None).epsilon", "epsilon=None", 1e-7),
    "no_decay": ("import keras", "result = float(keras.optimizers.SGD(0.5, decay=0.0).learning_rate)", None, 0.5),
    "decay": (
        MODEL,
        "model.compile(keras.optimizers.SGD(lr=0.5, decay=1.0), 'mse'); "
        "[model.train_on_batch(x, y) for _ in range(3)]; result = float(model.optimizer.learning_rate)",
        "InverseTimeDecay",
        0.125,
    ),
    "read_lr": (MODEL, "result = float(model.optimizer.lr)", "optimizer.learning_rate", 0.5),
    "assign_lr": (
        MODEL,
        "model.optimizer.lr = 0.125; result = float(model.optimizer.learning_rate)",
        "learning_rate",
        0.125,
    ),
    "set_value": (
        MODEL + "import keras.backend as K\n",
        "K.set_value(model.optimizer.lr, 0.125); result = float(K.get_value(model.optimizer.learning_rate))",
        "learning_rate",
        0.125,
    ),
    "eval_lr": (
        MODEL + "from keras import backend as K\n",
        "result = float(K.eval(model.optimizer.learning_rate))",
        "ops",
        0.5,
    ),
    "nb_epoch": (MODEL, "result = len(model.fit(x, y, nb_epoch=3, verbose=0).epoch)", "epochs=", 3),
    "workers": (MODEL, "result = len(model.fit(x, y, workers=4, verbose=0).epoch)", "workers=", 1),
    "predict_classes": (MODEL, "result = model.predict_classes(x[:3]).shape", "argmax", [3, 1]),
    "predict_classes_of_many": (
        "import keras\nm = keras.Sequential([keras.Input((3,)), keras.layers.Activation('softmax')])",
        "result = m.predict_classes(np.eye(3)).tolist()",
        "argmax",
        [0, 1, 2],
    ),
    "predict_proba": (
        MODEL,
        "result = bool((model.predict_proba(x) == model.predict(x, verbose=0)).all())",
        "predict",
        True,
    ),
    "output_dim": ("from keras.layers import Dense", "result = Dense(output_dim=3).units", "units=", 3),
    "init": (
        "from keras.layers import Dense",
        "result = type(Dense(3, init='zeros').kernel_initializer).__name__",
        "kernel_initializer=",
        "Zeros",
    ),
    "W_regularizer": (
        "from keras.layers import Dense\nfrom keras.regularizers import l2",
        "d = Dense(3, W_regularizer=l2(l=0.25)); result = float(d.kernel_regularizer.l2)",
        "kernel_regularizer=",
        0.25,
    ),
    "b_regularizer": (
        "from keras.layers import Dense",
        "result = type(Dense(3, b_regularizer='l1').bias_regularizer).__name__",
        "bias_regularizer=",
        "L1",
    ),
    "W_constraint": (
        "from keras.layers import Dense\nfrom keras.constraints import max_norm",
        "result = Dense(3, W_constraint=max_norm(m=3)).kernel_constraint.max_value",
        "kernel_constraint=",
        3,
    ),
    "maxnorm": (
        "",
        "from keras.constraints import maxnorm; result = maxnorm(3).max_value",
        "keras.constraints.max_norm",
        3,
    ),
    "l1l2": ("import keras", "result = keras.regularizers.l1l2(0.5, 0.25).l2", "keras.regularizers.l1_l2", 0.25),
    "plateau_epsilon": (
        "from keras.callbacks import ReduceLROnPlateau",
        "result = ReduceLROnPlateau(epsilon=0.5).min_delta",
        "min_delta=",
        0.5,
    ),
    "bias": ("from keras.layers import Dense", "result = Dense(3, bias=False).use_bias", "use_bias=", False),
    "dropout_p": ("from keras.layers import Dropout", "result = Dropout(p=0.25).rate", "rate=", 0.25),
    "reshape_dims": (
        "from keras.layers import Reshape",
        "result = Reshape(dims=(2, 3)).target_shape",
        "target_shape=",
        [2, 3],
    ),
    "input_size": ("from keras.layers import Input", "result = Input(5).shape", "Input((5,))", [None, 5]),
    "input_shape_size": (
        "from keras import Input",
        "result = Input(shape=np.int64(4)).shape",
        "Input((4,))",
        [None, 4],
    ),
    "core": ("", "from keras.layers.core import Dense; result = Dense.__name__", "keras.layers.Dense", "Dense"),
    "normalization": (
        "",
        "from keras.layers.normalization import BatchNormalization as B; result = B.__name__",
        "keras.layers.BatchNormalization",
        "BatchNormalization",
    ),
    "advanced": (
        "",
        "from keras.layers.advanced_activations import LeakyReLU; result = LeakyReLU.__name__",
        "keras.layers.LeakyReLU",
        "LeakyReLU",
    ),
    "tf_core": (
        "",
        "from tensorflow.keras.layers.experimental.preprocessing import Normalization as N; result = N.__name__",
        "keras.layers.Normalization",
        "Normalization",
    ),
    "topology": ("", "from keras.engine.topology import Layer; result = Layer.__name__", "keras.layers.Layer", "Layer"),
    "objectives": (
        "import keras.objectives",
        "result = keras.objectives.mean_squared_error.__name__",
        "keras.losses",
        "mean_squared_error",
    ),
    "initializations": (
        "",
        "from keras.initializations import get; result = type(get('zeros')).__name__",
        "keras.initializers",
        "Zeros",
    ),
    "optimizers_legacy": (
        "import tensorflow as tf",
        "result = float(tf.keras.optimizers.legacy.Adam(0.5).learning_rate)",
        "keras.optimizers.Adam",
        0.5,
    ),
    "from_legacy": (
        "",
        "from keras.optimizers.legacy import SGD; result = SGD.__name__",
        "keras.optimizers.SGD",
        "SGD",
    ),
    "np_utils": (
        "from keras.utils import np_utils",
        "result = np_utils.to_categorical([1, 0]).tolist()",
        "keras.utils.to_categorical",
        [[0, 1], [1, 0]],
    ),
    "import_np_utils": (
        "",
        "from keras.utils.np_utils import to_categorical as f; result = f.__name__",
        "keras.utils.to_categorical",
        "to_categorical",
    ),
    "nb_classes": (
        "from keras.utils import to_categorical",
        "result = to_categorical([1], nb_classes=3).tolist()",
        "num_classes=",
        [[0, 1, 0]],
    ),
    "python_keras": (
        "",
        "from tensorflow.python.keras.models import Sequential as S; result = S.__name__",
        "tensorflow.keras",
        "Sequential",
    ),
    "keras_src": ("", "from keras.src.layers import Dense; result = Dense.__name__", "keras.layers", "Dense"),
    "acc": (
        MODEL + "h = model.fit(x, y, validation_data=(x, y), verbose=0).history\n",
        "result = h['acc'] == h['accuracy']",
        "'accuracy'",
        True,
    ),
    "val_acc": (
        MODEL + "h = model.fit(x, y, validation_data=(x, y), verbose=0).history\n",
        "result = h['val_acc'] == h['val_accuracy']",
        "'val_accuracy'",
        True,
    ),
    "logs_acc": (
        MODEL + "seen = []",
        "model.fit(x, y, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda e, l: seen.append("
        "l.get('acc')))]); result = len(seen) == 1 and 0 <= seen[0] <= 1",
        "'accuracy'",
        True,
    ),
    "monitor_acc": (
        MODEL + "stop = keras.callbacks.EarlyStopping(monitor='val_acc', patience=1)",
        "model.fit(x, y, epochs=9, validation_data=(x, y), verbose=0, callbacks=[stop]); "
        "result = [stop.monitor, stop.best > 0]",
        "'val_accuracy'",
        ["val_accuracy", True],
    ),
    "k_mean": ("import keras.backend as K", "result = float(K.mean(np.array([1.0, 2.0])))", "keras.ops", 1.5),
    "tf_k_square": (
        "from tensorflow.keras import backend as K",
        "result = K.square([2.0]).numpy().tolist()",
        "keras.ops",
        [4.0],
    ),
}


@pytest.fixture(scope="session")
def outcomes():
    process = subprocess.run(
        [sys.executable, "-c", HARNESS],
        input=json.dumps({name: f"{case[0]}\n{case[1]}\n" for name, case in CASES.items()}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize("name", OLD_SPELLINGS)
def test_old_spellings_work_and_warn_at_their_line(name, outcomes):
    setup, _, text, result = OLD_SPELLINGS[name]
    outcome = outcomes[name]
    assert outcome["error"] is None
    assert outcome["result"] == pytest.approx(result) if isinstance(result, float) else outcome["result"] == result
    line = f"{setup}\n".count("\n") + 1
    told = [w for w in outcome["warnings"] if w[2:] == [f"case_{name}.py", line]]
    assert told == outcome["warnings"]
    if text is None:
        assert told == []
    else:
        assert told
        assert all(category == "DeprecationWarning" for category, *_ in told)
        assert any(text in message for _, message, *_ in told)


TODAYS = {
    "tf_and_today": (
        MODEL + "import tensorflow as tf\ntf.random.set_seed(1)\n",
        "h = model.fit(x, y, epochs=2, verbose=0).history; result = sorted(h)",
        None,
        ["accuracy", "loss"],
    ),
    "unused_imports": (
        "from keras.layers import Conv2D, LSTM, MaxPooling2D, Embedding\nfrom keras.models import Model, load_model\n"
        "from keras.callbacks import ModelCheckpoint, ReduceLROnPlateau\n"
        "from keras.preprocessing.image import ImageDataGenerator\n"
        "from keras.applications import VGG16\nfrom keras import regularizers, ops\n"
        "import keras.preprocessing.sequence",
        "result = isinstance(3, Conv2D)",
        None,
        False,
    ),
    "missing_history_key": (
        MODEL,
        "h = model.fit(x, y, verbose=0).history; result = [h.get('val_acc'), 'acc' in h]",
        None,
        [None, False],
    ),
    "metrics_names": (
        MODEL,
        "before = model.metrics_names; model.evaluate(x, y, verbose=0); result = [before, model.metrics_names]",
        None,
        [["loss", "accuracy"]] * 2,
    ),
    "activation_of_tf": (
        "import tensorflow as tf\nfrom tensorflow.keras.layers import Dense",
        "c = lambda f: Dense(1, activation=f).get_config()['activation']\n"
        "result = [c(getattr(tf.nn, name)) == c(name) for name in ('relu', 'sigmoid', 'softmax', 'tanh')]",
        None,
        [True] * 4,
    ),
}


@pytest.mark.parametrize("name", TODAYS)
def test_todays_spellings_do_not_warn(name, outcomes):
    outcome = outcomes[name]
    assert outcome["error"] is None
    assert outcome["warnings"] == []
    assert outcome["result"] == TODAYS[name][3]


# name → (setup, line, error, what its message says)
REFUSED = {
    "convolution": ("from keras.layers import Conv2D", "Conv2D(8, 3)", "NotImplementedError", "dense networks only"),
    "application": ("from keras.applications import VGG16", "VGG16()", "NotImplementedError", "dense networks only"),
    "images": (
        "from keras.preprocessing.image import ImageDataGenerator as G",
        "G()",
        "NotImplementedError",
        "keras.preprocessing.image.ImageDataGenerator",
    ),
    "old_model": (
        "from keras.models import Model",
        "Model(input=1, output=2)",
        "NotImplementedError",
        "keras.Sequential",
    ),
    "subclass": ("import keras", "class Mine(keras.Model): pass", "NotImplementedError", "keras.Sequential"),
    "functional": ("import keras", "keras.layers.Dense(2)(keras.Input((3,)))", "ValueError", "Sequential"),
    "save": (MODEL, "model.save('m.h5')", "NotImplementedError", "numpy.savez"),
    "load": ("from keras.models import load_model", "load_model('m.h5')", "NotImplementedError", "numpy.savez"),
    "both_names": ("import keras", "keras.optimizers.SGD(lr=1.0, learning_rate=1.0)", "TypeError", "received both"),
    "unknown_layer": ("", "from keras.layers import Dens", "ImportError", "Dens"),
    "unknown_module": ("", "import keras.layerz", "ModuleNotFoundError", "keras.layerz"),
    "unknown_in_old_module": ("", "from keras.layers.core import Dens", "ImportError", "Dens"),
    "unknown_key": (MODEL, "model.fit(x, y, verbose=0).history['acuracy']", "KeyError", "acuracy"),
    "session": ("from keras import backend as K", "K.set_session(None)", "NotImplementedError", "leave this out"),
    "gradients": ("import keras.backend as K", "K.gradients(1, 2)", "NotImplementedError", "compute_gradients"),
    "tape": ("import tensorflow as tf", "tf.GradientTape()", "AttributeError", "compute_gradients"),
    "from_tape": ("", "from tensorflow import GradientTape", "ImportError", "compute_gradients"),
    "tf_data": ("import tensorflow as tf", "tf.data.Dataset", "AttributeError", "generator"),
    "import_tf_data": ("", "import tensorflow.data", "ImportError", "generator"),
    "tf_session": ("import tensorflow as tf", "tf.Session()", "AttributeError", "leave these lines out"),
    "tf_v1_session": ("import tensorflow as tf", "tf.compat.v1.Session()", "AttributeError", "leave these lines out"),
    "tf_else": ("import tensorflow as tf", "tf.signal", "AttributeError", "TensorFlow itself"),
    "tf_nn_else": ("import tensorflow as tf", "tf.nn.conv2d", "AttributeError", "tensorflow.nn.conv2d"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_says_so(name, outcomes):
    *_, error, text = REFUSED[name]
    assert outcomes[name]["error"] is not None
    kind, message = outcomes[name]["error"]
    assert (kind, text in message) == (error, True), message


CASES = {**OLD_SPELLINGS, **TODAYS, **REFUSED}
