"""Training: recipe, optimizers, schedules, stopping, and the compiled loop. The one door to optax."""
