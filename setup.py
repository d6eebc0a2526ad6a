from configparser import ConfigParser
from os import environ
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
settings = ConfigParser(delimiters=['='])
settings.read(here/'settings.ini', encoding='utf-8')
cfg = settings['DEFAULT']
name = cfg['lib_name']
small = environ.get('MASKCLF_INSTALL') == 'use'  # what using a model needs, without PyTorch
models = ['models/*/*.json', 'models/*/*.md', 'models/*/*.onnx']
if not small:
    models.append('models/*/*.safetensors')  # to train on from there
extras = ('dev', 'openvino', 'yunet', 'heic', 'sound', 'video', 'app', 'ray', 'mlflow', 'tensorboard', 'wandb',
          'notebooks')

setup(
    name=name,
    version=cfg['version'],
    description=cfg['description'],
    keywords=cfg['keywords'],
    author=cfg['author'],
    author_email=cfg['author_email'],
    license='Apache-2.0',
    url=cfg['git_url'],
    long_description=(here/'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    # The root is named so that `pip install -e` puts it on Python's path, and not behind a hook that comes last: else
    # Python, started in the folder above the clone, takes the clone for a package without code.
    package_dir={'': '.'},
    packages=find_packages(include=[cfg['lib_path'], cfg['lib_path'] + '.*']),
    package_data={cfg['lib_path']: ['*.css', '*.js', 'py.typed', 'web/*', *models]},
    python_requires='>=' + cfg['min_python'],
    install_requires=cfg['use_requirements' if small else 'requirements'].split(),
    extras_require={extra: cfg[f'{extra}_requirements'].split() for extra in extras},
    entry_points={
        'console_scripts': cfg['console_scripts'].split(),
        'nbdev': [f'{name}={cfg["lib_path"]}._modidx:d'],
    },
)
