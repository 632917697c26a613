"""The participant's side of sagas: commands lock objects until their saga ends; commands of other sagas wait meanwhile."""
