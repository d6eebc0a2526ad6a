"`python -m maskclf` does what the command `maskclf` does."

from runpy import run_module

run_module('maskclf.cli', run_name='__main__')
