"""The HTTP server, asked over real sockets by clients that misbehave."""
