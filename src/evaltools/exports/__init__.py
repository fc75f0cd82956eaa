"""From the bytes of an export to decoded rows: `grid`, then `mapping`, then `decode`."""
