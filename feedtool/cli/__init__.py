"""The command line: argv, environment, clock, terminal and exit codes. Nothing else looks at them."""
