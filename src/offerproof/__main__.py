"""``python -m offerproof``."""

import sys

from offerproof.cli import main

if __name__ == "__main__":
    sys.exit(main())
