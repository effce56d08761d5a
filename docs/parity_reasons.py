"""Why names of Keras are missing: for each reason the names, as shell patterns, by the module or class they belong to.

The first line that fits a name counts; "*" stands for any module or class.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

CONVOLUTION = "dense networks only: convolution and pooling"
DATA = "dense networks only: images, sound and text"
DENSE_ONLY = "dense networks only"
FILES = "with files, not there yet"
FUNCTIONAL = "functional models, not there yet"
INSIDE = "machinery of Keras and its backends"
NOT_YET = "not there yet"
NUMPY = "rare in models; NumPy has it for arrays"
PRECISION = "types other than float32 and float64, quantization"
PYTHON = "for layers and optimizers written in Python, not there yet"
SEQUENCES = "dense networks only: recurrence and attention"
STATELESS = "variables change in place, no functions take their values"
TAPE = "no tape under Python code; `compute_gradients` gives the gradients of the compiled loss"

_REASONS = [
    (DATA, "utils", "*_img"),
    (FILES, "*", "load_* save save_* export to_json model_from_json get_build_config build_from_config"),
    (FILES, "callbacks", "ModelCheckpoint BackupAndRestore OrbaxCheckpoint"),
    (FILES, "saving", "KerasFileEditor"),
    (FILES, "Sequential", "?et_state_tree"),
    (PRECISION, "*", "quantiz* Quantiz* *DTypePolicy DTypePolicyMap get_quantization*"),
    (PRECISION, "", "mixed_precision"),
    (PRECISION, "optimizers", "LossScaleOptimizer"),
    (PRECISION, "Variable", "overwrite_with_gradient"),
    (FUNCTIONAL, "", "Model Function Operation KerasTensor"),
    (FUNCTIONAL, "models", "Model"),
    (FUNCTIONAL, "layers", "Add Average Concatenate Dot Maximum Minimum Multiply Subtract"),
    (FUNCTIONAL, "layers", "add average concatenate dot maximum minimum multiply subtract"),
    (
        FUNCTIONAL,
        "*",
        "input output inputs outputs symbolic_call compute_output_spec is_keras_tensor get_source_inputs",
    ),
    (CONVOLUTION, "layers", "*Conv* *Pool* Cropping* ZeroPadding* UpSampling* SpatialDropout?D"),
    (CONVOLUTION, "ops", "*_pool *conv *conv_transpose depth_to_space space_to_depth fold unfold"),
    (SEQUENCES, "config", "*flash_attention*"),
    (SEQUENCES, "layers", "*RNN* GRU* LSTM* Bidirectional TimeDistributed Masking *Attention ReversibleEmbedding"),
    (SEQUENCES, "losses", "CTC ctc"),
    (SEQUENCES, "ops", "ctc_* dot_product_attention"),
    (DATA, "", "applications preprocessing"),
    (DATA, "datasets", "cifar* imdb reuters"),
    (DATA, "initializers", "STFT* stft"),
    (DATA, "layers", "AugMix AutoContrast CenterCrop Contrast* CutMix Equalization MixUp Rand* Resizing Solarization"),
    (DATA, "layers", "MaxNumBoundingBoxes MelSpectrogram STFTSpectrogram TextVectorization"),
    (DATA, "losses", "Circle circle Dice dice Tversky tversky"),
    (DATA, "metrics", "*IoU"),
    (DATA, "ops", "extract_sequences *fft *fft2 image psnr *stft"),
    (DATA, "utils", "img_to_array *_dataset_from_* bounding_boxes"),
    (DENSE_ONLY, "*", "glu"),
    (TAPE, "ops", "custom_gradient jvp"),
    (TAPE, "*", "add_loss train_step test_step predict_step make_*_function"),
    (TAPE, "layers", "Lambda"),
    (STATELESS, "", "StatelessScope SymbolicScope"),
    (STATELESS, "*", "stateless_*"),
    (PYTHON, "Sequential", "add_variable add_weight"),
    (PYTHON, "layers.Layer", "add_variable add_weight call"),
    (PYTHON, "optimizers.Optimizer", "add_* assign* update_step"),
    (NOT_YET, "", "tree"),
    (NOT_YET, "callbacks", "RemoteMonitor SwapEMAWeights"),
    (NOT_YET, "layers", "EinsumDense GroupNormalization SpectralNormalization Pipeline RepeatVector Wrapper"),
    (NOT_YET, "layers", "Hash* *Lookup"),
    (NOT_YET, "optimizers", "Adafactor Lamb Muon MultiOptimizer OptimizerMap ScheduleFreeAdamW"),
    (NOT_YET, "regularizers", "OrthogonalRegularizer orthogonal_regularizer"),
    (NOT_YET, "utils", "FeatureSpace"),
    (NOT_YET, "*", "compute_mask"),
    (INSIDE, "", "src legacy distillation distribution visualization RematScope remat name_scope"),
    (INSIDE, "config", "is_nnx_enabled"),
    (INSIDE, "layers", "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper"),
    (INSIDE, "optimizers", "legacy"),
    (INSIDE, "utils", "legacy Config"),
    (INSIDE, "ops", "linalg numpy"),
    (INSIDE, "Variable", "handle aggregation synchronization"),
    (INSIDE, "*", "distribute_* rematerialized_call compiled_* add_metric compute_metrics get_metrics_result"),
    (NUMPY, "ops", "*"),
]


def reason_for(place: str, name: str) -> str | None:
    """Return why `keras.<place>.<name>` is missing, None if that is not written down.

    Args:
        place: the module or class as seen from `keras`, "" for `keras` itself.
        name: the public name in it.
    """
    for reason, where, patterns in _REASONS:
        if where in (place, "*") and any(fnmatchcase(name, pattern) for pattern in patterns.split()):
            return reason
    return None
