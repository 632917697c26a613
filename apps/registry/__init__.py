"""A service registry with Eureka's REST operations, as a separate process or part of one; it stores nothing on disk."""
