"""Serve the chat: ``python app.py``, with the options of ``ragbot serve``."""

import sys

from ragbot.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    main()
