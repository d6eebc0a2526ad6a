"`python -m maskclf.cli` does what the command `maskclf` does."

import sys

from .main import main

if __name__ == '__main__':
    sys.exit(main())
