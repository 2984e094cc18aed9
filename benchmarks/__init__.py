"""Measurements, each ``python -m benchmarks.NAME``.

Most drive the running app from the outside: they speak REST as ``docs`` describe it and import nothing of it.
Evaluations (of highlights, QVHighlights, TVSum) and ``scan_cost`` run the app's own code in this process.
"""
