"""A review: one period's findings for each department, run as notebooks and rendered as pages.

`notebook` runs one notebook strictly (`parameters` checks what it is given, `kernel`
is what it runs on), `job` is one report in a process of its own, `batch` runs many,
`render` turns an executed notebook into a page, `run` is the whole review, and
`files` writes everything in one step.
"""
