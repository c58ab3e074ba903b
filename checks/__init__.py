"""Judgement: pure functions of facts, a module for each part of the score."""
