"""Publishing: entries become feeds and pages, and these become files."""
