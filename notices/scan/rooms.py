"""Writing in the rooms of a form: the share of a room that is inked beyond what is printed there."""

from __future__ import annotations

import cv2
import numpy as np

from notices.scan.ink import PRINT, Darkness, PixelRect

ALOUD = 0.22  # darkness from which on a pixel counts as writing
REACH = 7  # pixels around print that do not count: lines are long, so they are seldom quite in place


def written_share(here: Darkness, there: Darkness, room: PixelRect) -> float:
    """Return the share of a room that is written on, from 0 to 1."""
    window = room.grown(0, 4, 0, 0).within(here.shape)
    printed = cv2.dilate((window.of(there) > PRINT * 0.5).astype(np.uint8), np.ones((REACH, REACH), np.uint8)) > 0
    free = ~printed
    ink = (window.of(here) > ALOUD) & free
    # Specks of dust and of a fax are no writing.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    large = [at for at in range(1, count) if stats[at, cv2.CC_STAT_AREA] >= 12]
    return float(np.isin(labels, large).sum()) / max(1, int(free.sum()))
