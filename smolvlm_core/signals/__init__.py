"""Measurements as pure functions: arrays in, arrays out. Knows no file, model or job."""
