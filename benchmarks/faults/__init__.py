"""The fault bench: real faulty trainings beside their repaired forms and healthy ones; what says which is which?

Case files are read by path and never copied; see :mod:`benchmarks.faults.cases`.
"""
