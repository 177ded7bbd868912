"""What to look at (`runback.toml`, from the checkout) and with what (`access`, from the person alone)."""

from __future__ import annotations

from runback.config.access import Access, CircleAccess, CloudFoundryAccess, access
from runback.config.checked import listed, near
from runback.config.configuration import Configuration, Surroundings, load, project_of
from runback.config.file import Environment
from runback.config.slug import same_project

__all__ = [
    "Access",
    "CircleAccess",
    "CloudFoundryAccess",
    "Configuration",
    "Environment",
    "Surroundings",
    "access",
    "listed",
    "load",
    "near",
    "project_of",
    "same_project",
]
