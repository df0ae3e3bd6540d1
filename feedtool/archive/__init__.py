"""The archive: a dated folder of plain files, keyed by slug, with an index that can be rebuilt."""
