"""`python -m service [serve|migrate|rebuild|verify|replay|events|openapi|demo|token]`."""

from __future__ import annotations

import sys

from service.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
