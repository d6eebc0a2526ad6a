"What is answered: one class, several labels, or a number."

from .category import OneClass
from .labels import SeveralLabels
from .number import OneNumber
from .task import register_task

register_task(OneClass())
register_task(SeveralLabels())
register_task(OneNumber())
