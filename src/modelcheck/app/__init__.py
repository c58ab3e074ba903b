"""The use-cases: composition of probes, checks, profiles and reports, and the only place that knows all names."""
