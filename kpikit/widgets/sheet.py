"""What forms and sliders look like, on a desk and on a telephone, by day and by night."""

from __future__ import annotations

import ipywidgets as widgets  # type: ignore[import-untyped]

NAMES = {"description_width": "min(12em, 38%)"}
SIZES = {"width": "auto", "max_width": "46em"}
WIDE = widgets.Layout(**SIZES)
FITTING = widgets.Layout(width="auto", align_self="flex-start")  # a button as wide as its words

# names are wrapped instead of cut off; a select is not as wide as its longest choice; a picture
# stays white, since its ink is dark, and is moved sideways where it would become too small
RULES = """
.kpikit .widget-label { white-space: normal; height: auto; line-height: 1.25; }
.kpikit .widget-inline-hbox { height: auto; align-items: center; }
.kpikit select { height: var(--jp-widgets-inline-height, 28px); }
.kpikit select, .kpikit input, .kpikit textarea { min-width: 0; }
.kpikit .kpikit-frame, .kpikit .widget-html-content { overflow-x: auto; max-width: 100%; }
.kpikit .kpikit-picture { background: white; max-width: 100%; min-width: 36em; height: auto; }
.kpikit p, .kpikit li, .kpikit h3, .kpikit table { color: var(--jp-ui-font-color1, inherit); }
.kpikit p { line-height: 1.4; }
.kpikit td, .kpikit th { padding: 0.2em 0.6em; text-align: left; }
"""


def dressed(box: widgets.Box) -> None:
    """Give a box of controls this look."""
    box.add_class("kpikit")
    box.children = (widgets.HTML(f"<style>{RULES}</style>"), *box.children)
