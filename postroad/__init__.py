"""Transactional messaging, sagas and resilient calls for Django services.

The layers: what stands higher imports what stands lower, never the other way round.

    .. layers
    18  testing      Test support: sagas as stories, a pump instead of processes, conformance suites
    17  management   The commands of `manage.py`
        apps
    16  console      The Django admin of messages and sagas
    15  operations   For operators: health checks of an installation, and its release on Kubernetes
        checks       What `manage.py check` says about a project that uses Postroad
    14  worker       Message handlers inside Celery workers
    13  processes    What runs besides web server and Celery: relay, gRPC server, one-process mode
    12  composition
    11  web          The web server of every process, probes and deadlines of requests
    10  metrics      Metrics for Prometheus
     9  tables
     8  sagas        Sagas: a business transaction over several services, with compensations
     7  commands     Commands and replies: one service asks another to act, and is answered later
        events       Domain events: a service says what happened, subscribers decide what it means to them
        brokers      Adapters of brokers, behind one port and one conformance suite
        calls        Calls to other services: an interface, one policy, REST or gRPC
     6  envelopes, handling
     5  messaging    Outbox, relay and inbox: messages as bytes, from one transaction to another
        codecs       Message bodies: typed values to bytes and back
     4  schema       The database schema: whether it is complete, who migrates it, waiting for it
        logs
     3  retry, conf
     2  conf_readers
     1  errors, clock, ids, context, threads, secrecy, interruption
    .. end of layers

A package's `__init__` describes the package and imports nothing.
"""
