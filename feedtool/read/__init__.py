"""Reading: a capture's bytes become entries with evidence. Pure: no file, no network, no clock."""
