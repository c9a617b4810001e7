"""Run folders, one per training: making, reading, starting, queueing, comparing, pruning them."""
