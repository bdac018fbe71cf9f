"""Layers that keep numbers near mean 0 and spread 1: over the batch, or row by row."""
