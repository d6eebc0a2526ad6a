"""Train an image classifier on a folder of pictures, and use it: `train`, `evaluate`, `save`, `Classifier`.

What is named here is imported when it is first asked for, so that using a model loads neither PyTorch nor fastai.
"""

__version__ = "0.1.0"

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base.errors import DataError as DataError
    from .base.errors import MaskclfError as MaskclfError
    from .base.errors import ModelError as ModelError
    from .base.errors import PictureError as PictureError
    from .core import train as train
    from .data.crops import crop_faces as crop_faces
    from .data.examples import read_examples as read_examples
    from .evaluation.compare import compare_models as compare_models
    from .evaluation.evaluate import evaluate as evaluate
    from .evaluation.folds import cross_validate as cross_validate
    from .evaluation.mistakes import explain as explain
    from .evaluation.workflow import train_and_report as train_and_report
    from .learn.export import export_model as export_model
    from .learn.save import save as save
    from .model.info import model_info as model_info
    from .tasks.category_calibration import calibrate as calibrate
    from .use.analyse import analyse as analyse
    from .use.classifier import Classifier as Classifier
    from .use.find import find_in_photos as find_in_photos

_HOMES = {
    'DataError': 'base.errors',
    'MaskclfError': 'base.errors',
    'ModelError': 'base.errors',
    'PictureError': 'base.errors',
    'train': 'core',
    'crop_faces': 'data.crops',
    'read_examples': 'data.examples',
    'compare_models': 'evaluation.compare',
    'evaluate': 'evaluation.evaluate',
    'cross_validate': 'evaluation.folds',
    'explain': 'evaluation.mistakes',
    'train_and_report': 'evaluation.workflow',
    'export_model': 'learn.export',
    'save': 'learn.save',
    'model_info': 'model.info',
    'calibrate': 'tasks.category_calibration',
    'analyse': 'use.analyse',
    'Classifier': 'use.classifier',
    'find_in_photos': 'use.find',
}

# A process without a home, or whose user has no name: many packages fail then, some of them when they are imported.
if os.path.expanduser('~') == '~' or not {'LOGNAME', 'USER', 'LNAME', 'USERNAME'} & set(os.environ):
    import_module(f'{__name__}.base.files').provide_home()

# Threads of PyTorch that wait for one another sleep instead of spinning: where other programs want the cores, too,
# spinning makes a training several times slower. PyTorch reads this when it is first imported; if that was before,
# a team of threads that sleeps does the same on Linux, and elsewhere `maskclf.core.train` takes fewer threads.
threads_spin = bool(sys.modules.get('torch')) and not {'GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'} & set(os.environ)
os.environ.setdefault('GOMP_SPINCOUNT', '1000')
if threads_spin and sys.platform == 'linux':
    threads_spin = not import_module(f'{__name__}.base.machine').calm_torch()

# One of several processes: what PyTorch says below Python when a connection breaks is left out, for
# `maskclf.learn.distributed` says it.
if 'WORLD_SIZE' in os.environ:
    os.environ.setdefault('TORCH_CPP_LOG_LEVEL', 'FATAL')


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
