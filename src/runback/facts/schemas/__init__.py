"""Every fact table and its columns: what a page's `select` may name.

A cell that could not be had is a `Gap`; the loader of pages refuses tables and columns that are not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from runback.facts.schemas import apps, ci, logs, needs, network
from runback.model import TableSchema

SCHEMAS: Mapping[str, TableSchema] = {
    schema.name: schema for subject in (ci, needs, network, apps, logs) for schema in subject.TABLES
}
