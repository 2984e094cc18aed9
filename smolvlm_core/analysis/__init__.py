"""The two analyses: which parts of the video are looked at, scored, merged and described."""
