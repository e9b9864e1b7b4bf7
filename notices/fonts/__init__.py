"""Fonts: the ones installed on this machine, what they can draw, and the faces that drawn pages use."""

import logging

# The fonts that LibreOffice embeds have no date of their last change; fontTools would say so for each.
logging.getLogger("fontTools.ttLib.tables._h_e_a_d").setLevel(logging.ERROR)
