"""Pooling layers: smaller sequences, images and volumes."""
