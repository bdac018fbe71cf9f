"""All benchmarks, one after the other."""

from benchmarks import accuracy, process, soundings, steps
from benchmarks.interleave import machine

print(machine())
process.main()
steps.main()
soundings.main()
accuracy.main([])
