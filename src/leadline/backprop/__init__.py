"""Backpropagation made visible: a computation as a graph with value and gradient at every node, and checked gradients.

In: an expression, a function or a network with numbers. Out: a :class:`Graph` that prints and draws itself, or a
table of the gradients' errors against finite differences.
"""

from leadline.backprop.check import GradientCheck, check_gradients
from leadline.backprop.graph import Graph, Node
from leadline.backprop.trace import trace

__all__ = ["GradientCheck", "Graph", "Node", "check_gradients", "trace"]
