"""The command line: argv, environment, clock, terminal, exit codes. Nothing else sees them."""
