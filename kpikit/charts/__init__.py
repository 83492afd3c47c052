"""Pictures of plain frames, in one style that also reads in print and in greyscale.

`style` has the look, `series` draws values over time, `embed` turns a picture
into HTML. Nothing here knows a result class.
"""
