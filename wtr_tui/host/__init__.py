"""Where the person sits: the machine and the terminal, the browser and the clipboard."""
