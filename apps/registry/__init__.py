"""The service registry as a process or part of one: Eureka's REST operations; stores nothing on disk."""
