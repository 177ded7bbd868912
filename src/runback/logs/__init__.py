"""Log text: as a terminal would show it, its blocks, and what each tool's own output says."""
