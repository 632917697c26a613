"""The replica of a restaurant, which several services keep in tables of their own: models, admin page, REST resource."""
