"""Results as files for other programs: tables, captions, chapters, edit lists, a page to keep."""
