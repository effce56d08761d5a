"""The nets of the textbook's figure: neurons that fire when at least two of their wires are active."""

from __future__ import annotations

from bardana.classic.neurons import LogicNet, Neuron

IDENTITY = LogicNet({"C": Neuron("A", "A")})
"""C fires when A is active: A is wired to it twice."""

AND = LogicNet({"C": Neuron("A", "B")})
"""C fires when both A and B are active: a single one is not enough."""

OR = LogicNet({"C": Neuron("A", "A", "B", "B")})
"""C fires when A or B or both are active: each is wired to it twice."""

AND_NOT = LogicNet({"C": Neuron("A", "A", inhibit="B")})
"""C fires when A is active and B is not: B inhibits it."""

NOT = LogicNet({"on": Neuron(at_least=0), "C": Neuron("on", "on", inhibit="A")})
"""C fires when A is not active: A AND_NOT's inhibitory wire, beside a neuron that always fires."""
