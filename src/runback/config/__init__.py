"""What to look at (`runback.toml`, from the checkout) and with what (`access`, from the person alone)."""

from __future__ import annotations

from runback.config.access import Access, CircleAccess, CloudFoundryAccess, access
from runback.config.checked import listed, near
from runback.config.configuration import Configuration, Surroundings, UnknownApp, load, project_of
from runback.config.file import Environment
from runback.config.slug import OPAQUE, same_project

__all__ = [
    "OPAQUE",
    "Access",
    "CircleAccess",
    "CloudFoundryAccess",
    "Configuration",
    "Environment",
    "Surroundings",
    "UnknownApp",
    "access",
    "listed",
    "load",
    "near",
    "project_of",
    "same_project",
]
