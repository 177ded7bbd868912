"""Runback finds out why a deployment failed, proves it, fixes it, or runs it back."""

__version__ = "0.1.0"
