"""The web server of the processes, probes and deadlines of requests.

Only programs that serve HTTP import it, since it needs uvicorn.
"""
