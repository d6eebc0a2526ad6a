__version__ = "0.1.0"

import os as _os, sys as _sys

# Threads of PyTorch that wait for one another sleep instead of spinning: where other programs want the cores, too, spinning makes a
# training several times slower. It is read when PyTorch is first imported; if that was before, `maskclf.core.train` takes fewer threads.
threads_spin = 'torch' in _sys.modules and not {'GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'} & {*_os.environ}
_os.environ.setdefault('GOMP_SPINCOUNT', '1000')

# One of several processes: what PyTorch says below Python when a connection breaks is left out, for `maskclf.distributed` says it.
if 'WORLD_SIZE' in _os.environ: _os.environ.setdefault('TORCH_CPP_LOG_LEVEL', 'FATAL')
