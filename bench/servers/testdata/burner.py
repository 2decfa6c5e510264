import time


def burn(query):
    """Uses 0.1 s of CPU time if the query is burn."""
    until = time.thread_time() + (0.1 if query == "burn" else 0)
    while time.thread_time() < until:
        pass
