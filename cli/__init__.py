"""The command line: parse, one call into `app`, one print."""
