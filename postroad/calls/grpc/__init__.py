"""gRPC: the transport of calls, and the server that answers them."""
