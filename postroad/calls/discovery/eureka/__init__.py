"""The protocol of the service registry, Netflix Eureka's REST operations: values and documents, for client and server.

Pure: no Django, no network, no threads; the time is passed in.  Replication between registries is not implemented.
Source: https://github.com/Netflix/eureka/wiki/Eureka-REST-operations and Eureka's own server and client, version 1.
"""
