"""One return: `case` tells its story, `state` knows what may happen next, one file of handlers per speaker."""
