"""What providers can do to us, over real sockets and in what they answer."""
