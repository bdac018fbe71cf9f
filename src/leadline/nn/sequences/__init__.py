"""Layers for sequences: vectors of tokens, recurrent layers, attention, and which steps are real."""
