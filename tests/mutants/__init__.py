"""Which changes of the program no test notices."""
