"""In and out: entries with their histories as JSON Lines, Markdown, WARC and zip, and back."""
