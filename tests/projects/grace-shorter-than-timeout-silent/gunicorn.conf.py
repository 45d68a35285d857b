graceful_timeout = 30
