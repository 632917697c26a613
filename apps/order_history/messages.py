"""What other services rely on of the order history: nothing; it is only asked over REST."""
