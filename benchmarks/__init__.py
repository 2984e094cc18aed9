"""Measurements of the running app, from the outside: each is ``python -m benchmarks.NAME``.

Most speak REST as ``docs`` describe it and import nothing of the app; ``scan_cost`` measures a part of it from
within.
"""
