"""A training as somebody wrote it, to be looked at: nothing in it is chosen, prepared or set right."""
