"""Restaurants and their menus: the owner of both, from whom other services keep replicas."""
