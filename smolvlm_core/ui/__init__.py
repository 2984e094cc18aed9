"""The Gradio page: a view of ``JobService``; it keeps no state of its own beside the browser's."""
