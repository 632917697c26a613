"""Orders: takes them, and orchestrates the sagas in which the other services agree to them."""
