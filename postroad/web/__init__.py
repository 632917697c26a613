"""The web server of every process, probes and deadlines of requests.

Imported only by programs that serve HTTP, since it needs uvicorn.
"""
