"""Convolution layers and the sliding itself, with gradients that are fast inside compiled loops."""
