"""The participant's side of sagas: what a command locks until its saga ends, and which commands wait meanwhile."""
