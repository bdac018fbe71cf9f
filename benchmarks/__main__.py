"""All benchmarks, one after the other."""

from benchmarks import accuracy, findings, process, soundings, steps
from benchmarks.interleave import machine

print(machine())
process.main()
steps.main()
soundings.main()
accuracy.main([])
findings.main()
