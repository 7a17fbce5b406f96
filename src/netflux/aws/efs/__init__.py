"""EFS: shared folders with mount targets in VPCs, which tasks mount as volumes."""
