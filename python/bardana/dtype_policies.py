"""Which types a layer computes and keeps its variables in: float32 or float64, the same for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bardana import config, data


class DTypePolicy:
    """Name the type of a layer's computation and variables.

    Args:
        name: "float32" or "float64". Default `keras.config.dtype_policy()`.

    Raises:
        ValueError: another name; there is no float16 and no mixed precision.

    Example:
        >>> policy = DTypePolicy("float64")
        >>> policy.compute_dtype, policy.variable_dtype
        ('float64', 'float64')
        >>> import bardana as keras
        >>> keras.layers.Dense(1, dtype=policy).dtype
        'float64'
    """

    quantization_mode = None

    def __init__(self, name: str | None = None) -> None:
        self._name = config.layer_dtype() if name is None else data.float_name(name, type(self).__name__)

    @property
    def name(self) -> str:
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """Type of the computation."""
        return self._name

    @property
    def variable_dtype(self) -> str:
        """Type of the variables."""
        return self._name

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DTypePolicy:
        """Make the policy again from `get_config()`.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'


FloatDTypePolicy = DTypePolicy


def get(identifier: Any) -> DTypePolicy:
    """Return the policy for a name, policy, config or type.

    Args:
        identifier: any of these; None means `keras.config.dtype_policy()`.

    Raises:
        ValueError: it is none of these, or no type that layers have.

    Example:
        >>> get("float32")
        <DTypePolicy "float32">
    """
    if isinstance(identifier, DTypePolicy):
        return identifier
    return DTypePolicy(None if identifier is None else data.float_name(identifier, "dtype_policies.get"))


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """Return a policy as plain data.

    Args:
        dtype_policy: the policy.

    Example:
        >>> serialize(DTypePolicy("float32"))["config"]
        {'name': 'float32'}
    """
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": dtype_policy.get_config(),
        "registered_name": None,
    }


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> DTypePolicy:
    """Make a policy from what `serialize` returned.

    Args:
        config: dict with "class_name" and "config".
        custom_objects: without effect: there are no other policies.

    Raises:
        ValueError: the config is not that of such a policy.

    Example:
        >>> deserialize(serialize(DTypePolicy("float64"))).name
        'float64'
    """
    if config.get("class_name") not in ("DTypePolicy", "FloatDTypePolicy"):
        raise ValueError(f"dtype_policies: expected the config of a DTypePolicy, received {config!r}.")
    return DTypePolicy.from_config(config["config"])


__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]
