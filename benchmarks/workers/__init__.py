"""One process each: the same work done by us and by peers."""
