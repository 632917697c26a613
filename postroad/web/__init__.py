"""The web server of every process: uvicorn within bounds, for ASGI and, in threads, for WSGI.

Imported only by programs that serve HTTP, since it needs uvicorn.
"""
