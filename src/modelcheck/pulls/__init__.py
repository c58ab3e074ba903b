"""Tests that pull nothing: the plugin of pytest, and what it watches while a test runs."""
