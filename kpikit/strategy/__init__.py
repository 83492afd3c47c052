"""What the organisation wants: the strategy file, read into frozen definitions."""
