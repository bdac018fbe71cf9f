"""The command line: one file per verb, nothing heavy imported before a verb is called."""

from leadline.cli.app import main

__all__ = ["main"]
