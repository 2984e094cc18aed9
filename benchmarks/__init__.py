"""Measurements, each ``python -m benchmarks.NAME``.

Those of the service drive the running app from the outside: they speak REST as ``docs`` describe it and import
nothing of the app. Evaluations of the analysis (``highlights``, ``qvhighlights``, ``tvsum``) run it in process.
"""
