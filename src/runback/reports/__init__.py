"""Diagnoses and scans as text for a terminal, JSON for programs, Markdown for a pull request."""
