"""All benchmarks, one after the other."""

from benchmarks import accuracy, process, steps
from benchmarks.interleave import machine

print(machine())
process.main()
steps.main()
accuracy.main([])
