"""Reports: a report in, text out; nothing here knows where it came from."""
