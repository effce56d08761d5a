"""The tables in docs/parity.md are those of the two packages as they are, and what a user must have is there.

`MUST` and `SHOULD` list the names of Keras that scripts with dense networks use. A name that is missing stands in
`MISSING`, too, with the reason: so nothing gets lost unnoticed, and whoever adds one strikes it off.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bardana

pytestmark = pytest.mark.parity

SCRIPT = Path(__file__).parents[2] / "docs" / "parity_table.py"

MUST = {
    "": """Sequential Model Input Layer Loss Metric Optimizer __version__ version activations backend callbacks config
        constraints datasets initializers layers losses metrics models ops optimizers regularizers saving utils
        device""",
    "Sequential": """add pop build compile fit evaluate predict train_on_batch test_on_batch predict_on_batch
        get_weights set_weights get_layer count_params summary save save_weights load_weights to_json get_config
        from_config export call layers weights trainable_weights non_trainable_weights variables trainable_variables
        losses metrics metrics_names input_shape output_shape optimizer loss built trainable name dtype dtype_policy
        history""",
    "layers": """Dense Activation Flatten Reshape Dropout BatchNormalization LayerNormalization Normalization Rescaling
        ReLU LeakyReLU PReLU ELU Softmax Concatenate Add Identity Input InputLayer Layer""",
    "activations": """linear relu sigmoid tanh softmax softplus softsign selu elu exponential leaky_relu gelu silu swish
        get""",
    "initializers": """GlorotUniform GlorotNormal HeNormal HeUniform LecunNormal LecunUniform VarianceScaling
        RandomNormal RandomUniform TruncatedNormal Zeros Ones Constant get""",
    "regularizers": "L1 L2 L1L2 get",
    "constraints": "MaxNorm NonNeg UnitNorm get",
    "losses": """MeanSquaredError MeanAbsoluteError BinaryCrossentropy CategoricalCrossentropy
        SparseCategoricalCrossentropy Huber Loss get""",
    "metrics": """Mean Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy MeanSquaredError
        RootMeanSquaredError MeanAbsoluteError AUC Precision Recall Metric get""",
    "optimizers": "SGD Adam RMSprop AdamW Nadam Adagrad Optimizer get schedules",
    "optimizers.schedules": "ExponentialDecay PiecewiseConstantDecay",
    "callbacks": """Callback History EarlyStopping ModelCheckpoint LearningRateScheduler ReduceLROnPlateau CSVLogger
        LambdaCallback TerminateOnNaN ProgbarLogger""",
    "backend": "clear_session epsilon floatx set_floatx set_epsilon backend standardize_dtype result_type get_uid",
    "config": """floatx epsilon set_floatx set_epsilon dtype_policy set_dtype_policy backend image_data_format
        enable_interactive_logging disable_interactive_logging enable_traceback_filtering disable_traceback_filtering
        enable_unsafe_deserialization""",
    "models": "Sequential Model load_model save_model clone_model",
    "ops": """mean sum square abs sqrt exp log maximum minimum clip cast reshape concatenate matmul where equal argmax
        expand_dims squeeze convert_to_tensor convert_to_numpy shape ones zeros arange one_hot stop_gradient power sign
        log1p tanh sigmoid relu softmax logsumexp transpose stack norm cumsum any all isnan""",
    "utils": "to_categorical set_random_seed plot_model",
}
SHOULD = {
    "": "Variable random",
    "Sequential": """get_compile_config compile_from_config compute_output_shape compute_loss train_step add_loss
        reset_metrics run_eagerly jit_compile input output inputs outputs""",
    "layers": """Permute AlphaDropout GaussianDropout GaussianNoise ActivityRegularization UnitNormalization
        Discretization CategoryEncoding Embedding Dot Lambda InputSpec serialize deserialize""",
    "activations": "relu6 hard_sigmoid hard_silu hard_swish mish log_softmax celu log_sigmoid serialize deserialize",
    "initializers": "Orthogonal Identity Initializer",
    "regularizers": "Regularizer",
    "constraints": "MinMaxNorm Constraint",
    "losses": """MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCosh CosineSimilarity Poisson KLDivergence
        Hinge SquaredHinge CategoricalHinge BinaryFocalCrossentropy CategoricalFocalCrossentropy serialize
        deserialize""",
    "metrics": """Sum MeanMetricWrapper TopKCategoricalAccuracy SparseTopKCategoricalAccuracy
        MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCoshError CosineSimilarity R2Score BinaryCrossentropy
        CategoricalCrossentropy SparseCategoricalCrossentropy KLDivergence Poisson Hinge SquaredHinge CategoricalHinge
        F1Score FBetaScore TruePositives TrueNegatives FalsePositives FalseNegatives""",
    "optimizers": "Adadelta Adamax Ftrl Lion",
    "optimizers.schedules": """PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts LearningRateSchedule""",
    "callbacks": "CallbackList BackupAndRestore TensorBoard",
    "random": "normal uniform truncated_normal randint dropout shuffle categorical SeedGenerator",
    "utils": "split_dataset get_file pad_sequences normalize PyDataset",
    "wrappers": "SKLearnClassifier SKLearnRegressor SKLearnTransformer",
}
MISSING = {
    "models are not written to files yet": """
        Sequential.save Sequential.save_weights Sequential.load_weights Sequential.to_json Sequential.export
        callbacks.ModelCheckpoint callbacks.BackupAndRestore models.load_model models.save_model
    """,
    "there are no functional or subclassed models yet": """
        Model models.Model layers.Concatenate layers.Add layers.Dot
        Sequential.input Sequential.output Sequential.inputs Sequential.outputs
    """,
    "Python code has no gradients": "Sequential.train_step Sequential.add_loss layers.Lambda",
}


def test_the_page_is_up_to_date(keras):
    if keras.__version__ != bardana.keras_api_version:
        pytest.skip(f"the tables are those of Keras {bardana.keras_api_version}, here is {keras.__version__}")
    run = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_what_scripts_use_is_there():
    model = bardana.Sequential([bardana.Input((2,)), bardana.layers.Dense(1)])
    missing = set()
    for names in (MUST, SHOULD):
        for place, listed in names.items():
            owner = model if place == "Sequential" else _look_up(place)
            missing |= {f"{place}.{name}".lstrip(".") for name in listed.split() if not hasattr(owner, name)}
    assert missing == set(" ".join(MISSING.values()).split())


def test_the_lists_name_what_keras_has(keras):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.history = None  # made by fit
    for names in (MUST, SHOULD):
        for place, listed in names.items():
            owner = model if place == "Sequential" else _look_up(place, keras)
            assert [name for name in listed.split() if not hasattr(owner, name)] in ([], ["input", "output"])


def _look_up(place, package=bardana):
    for part in filter(None, place.split(".")):
        package = getattr(package, part)
    return package
