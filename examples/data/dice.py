"""Seeded randomness for the example data: the same bytes on every machine and Python.

Only random.random() promises the same sequence for the same seed across Python versions
(choice(), shuffle() and randrange() have changed), so everything here is built on it.
"""
import random


class Dice:
    def __init__(self, seed):
        self._random = random.Random(seed).random

    def chance(self, probability):
        return self._random() < probability

    def below(self, limit):
        """A whole number 0 .. limit-1."""
        return int(self._random() * limit)

    def between(self, low, high):
        """A whole number low .. high, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        """One of [(item, weight), ...]."""
        at = self._random() * sum(weight for _, weight in pairs)
        for item, weight in pairs:
            at -= weight
            if at < 0:
                return item
        return pairs[-1][0]
