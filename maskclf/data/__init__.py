"What can be learned from: examples, and the readers that find them."

from . import (  # noqa: F401  each registers its reader
    box_table,
    coco,
    cvat,
    events,
    folders,
    humans_in_the_loop,
    label_studio,
    labelme,
    metadata,
    raven,
    table,
    via,
    voc,
    wider,
    yolo,
)
