"""Fetching: the only code that reads the network and the folders of sources."""
