"""From a question to ranked passages, each with the probability that it answers."""
