"""What a return does to the world: one room per outside system. A room's `__init__` has its port and its activities
and stays light to import; adapters (`via_<vendor>`, `embedded`) are chosen by `wiring` alone."""
