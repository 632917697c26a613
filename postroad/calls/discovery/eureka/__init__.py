"""The protocol of the service registry, Netflix Eureka's REST operations: values and documents, for client and server.

The law: pure. No Django, no network, no thread; the clock is given. Replication between registries is not part of it.
Source: https://github.com/Netflix/eureka/wiki/Eureka-REST-operations and Eureka's own server and client, version 1.
"""
