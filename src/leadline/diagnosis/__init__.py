"""What is wrong with a run, with evidence and remedy. Reads records only; needs NumPy, never JAX."""

from leadline.diagnosis.engine import Rule, diagnose, rules_by_fault

__all__ = ["Rule", "diagnose", "rules_by_fault"]
