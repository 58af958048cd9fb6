"""What the tests share that is not about Webex: the machine, its clock, its ports, waiting."""
