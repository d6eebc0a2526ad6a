"`python -m maskclf` does what the command `maskclf` does."
import sys

from maskclf.old.cli import main

if __name__ == '__main__': sys.exit(main())
