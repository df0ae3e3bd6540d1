"""Manners: pure rules of when, how often and whether a server may be asked."""
