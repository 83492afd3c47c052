"""The HTML that a report may hold: what reads and prints, nothing that acts or fetches."""

from __future__ import annotations

import re

TAGS = {
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "br",
        "hr",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "code",
    ),
    *("b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "abbr", "span"),
    *("div", "section", "article", "aside", "header", "footer", "figure", "figcaption", "img"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
ATTRIBUTES = {
    "*": {"class", "title"},
    "img": {"src", "alt", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "col": {"span"},
}
# left out with all they hold; of any other unknown element the text stays
DROPPED = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title"}
PICTURE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*")


def clean(html: str) -> str:
    """Return HTML with what the allow-list knows: no script, no style, no link, no address.

    Examples
    --------
    >>> clean('<p class="lead" onclick="x()">Up <a href="//e.example">here</a></p>')
    '<p class="lead">Up here</p>'
    >>> clean('<img alt="Revenue" src="https://e.example/a.png">')
    '<img alt="Revenue">'
    """
    import nh3

    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED,
        attributes=ATTRIBUTES,
        attribute_filter=_picture_only,
        url_schemes={"data"},
        link_rel=None,
    )


def _picture_only(_: str, attribute: str, value: str) -> str | None:
    if attribute == "src" and not PICTURE.fullmatch(value):
        return None
    return value
