"""What we are measured against: limits, and peers in their own best form."""
