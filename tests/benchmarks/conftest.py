"""The peer of ``benchmarks.speed`` is compiled where it is installed, for minutes: its tests are only part of the
suite where that was done. They are no test of the app.
"""

from importlib.util import find_spec

collect_ignore = [] if find_spec("llama_cpp") and find_spec("gguf") else ["test_llama_cpp.py"]
