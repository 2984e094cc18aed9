"""The only code that touches a decoder or an encoder (PyAV). Knows nothing of models or jobs."""
