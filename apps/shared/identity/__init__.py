"""Who calls, shown by a token that every service checks itself, and whose things they may see."""
