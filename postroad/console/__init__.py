"""The admin: what a person sees of messages and sagas, and the few things they may do about them."""
