"What can be learned from: examples, and the readers that find them."

from . import coco, folders, label_studio, table, voc, yolo  # each registers its reader
