"""Layers that show the network other images of the same things while training, and do nothing in use."""
