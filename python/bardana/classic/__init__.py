"""The neurons before backpropagation: McCulloch and Pitts' nets of 1943, Rosenblatt's perceptron, Hebb's rule.

Logic nets are built, not trained: `Neuron` and `LogicNet`, the nets of the textbook's figure (`IDENTITY`, `AND`, `OR`,
`AND_NOT`, `NOT`), and `from_expression`, which makes one for any proposition. `Perceptron` is an estimator in the style
of scikit-learn (which is not needed), trained natively; `hebb`, `oja` and `AssociativeMemory` learn by correlation.
"""

from __future__ import annotations

from bardana.classic.correlation import AssociativeMemory, hebb, oja
from bardana.classic.estimator import ConvergenceWarning, NotFittedError
from bardana.classic.expression import from_expression
from bardana.classic.gates import AND, AND_NOT, IDENTITY, NOT, OR
from bardana.classic.neurons import LogicNet, Neuron
from bardana.classic.perceptron import Perceptron
from bardana.classic.truth_table import TruthTable

__all__ = [
    "AND",
    "AND_NOT",
    "IDENTITY",
    "NOT",
    "OR",
    "AssociativeMemory",
    "ConvergenceWarning",
    "LogicNet",
    "Neuron",
    "NotFittedError",
    "Perceptron",
    "TruthTable",
    "from_expression",
    "hebb",
    "oja",
]
