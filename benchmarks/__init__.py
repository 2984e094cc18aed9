"""Measurements of the running app, from the outside: each is ``python -m benchmarks.NAME``.

They speak REST as ``docs`` describe it and import nothing of the app.
"""
