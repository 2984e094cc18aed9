"""Highlights and workouts out of any video, with SmolVLM2 as the judge of meaning.

Read top-down: ``app.py`` -> ``factory`` -> ``jobs.service`` -> ``analysis`` -> the rest.
"""

__version__ = "0.1.0"
