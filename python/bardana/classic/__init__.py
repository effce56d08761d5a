"""The neurons before backpropagation: McCulloch and Pitts' nets of 1943.

They are built, not trained: `Neuron` and `LogicNet`, the nets of the textbook's figure (`IDENTITY`, `AND`, `OR`,
`AND_NOT`, `NOT`), and `from_expression`, which makes one for any proposition.
"""

from __future__ import annotations

from bardana.classic.expression import from_expression
from bardana.classic.gates import AND, AND_NOT, IDENTITY, NOT, OR
from bardana.classic.neurons import LogicNet, Neuron
from bardana.classic.truth_table import TruthTable

__all__ = [
    "AND",
    "AND_NOT",
    "IDENTITY",
    "NOT",
    "OR",
    "LogicNet",
    "Neuron",
    "TruthTable",
    "from_expression",
]
