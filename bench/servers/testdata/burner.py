import time


def burn(query):
    """Takes processor time if the query says so."""
    until = time.thread_time() + (0.1 if query == "burn" else 0)
    while time.thread_time() < until:
        pass
