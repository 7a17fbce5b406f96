"""Whether one place of the region reaches another, hop by hop, and what would have to change."""
