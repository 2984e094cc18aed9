"""Who judges: one Protocol, several backends. They get arrays and times, never paths."""
