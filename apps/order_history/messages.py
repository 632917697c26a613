"""The contract of the order history: nothing; it is only asked over REST."""
