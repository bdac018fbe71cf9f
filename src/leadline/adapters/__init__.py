"""Watching a training that somebody else's loop makes: a PyTorch loop, Lightning, or ``fit`` of Keras.

Comes in: a network and what trains it, untouched. Goes out: a run, its findings, and the report. A watch only looks
on; where it cannot, it says so in ``program.look``.
"""
