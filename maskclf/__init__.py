__version__ = "0.1.0"

import os as _os

# Threads of PyTorch that wait for one another sleep instead of spinning: where other programs want the cores, too, spinning makes a
# training several times slower. It is read when PyTorch is first imported, so import maskclf before it, or set it yourself.
_os.environ.setdefault('GOMP_SPINCOUNT', '1000')
