"""Scoring: predictions of a whole folder in resumable chunks; the truth is in files, each written in one step."""
