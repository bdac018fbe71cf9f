"""The hub: what measuring writes and judging reads. Numbers and words only; needs NumPy, never JAX."""
