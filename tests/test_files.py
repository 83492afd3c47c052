import pytest

from kpikit.files import write_file


def test_a_file_appears_whole_under_its_name_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "new" / "page.html"
    write_file(path, "first")
    write_file(path, b"second")
    assert [(file.name, file.read_text()) for file in path.parent.iterdir()] == [
        ("page.html", "second")
    ]


def test_a_link_is_replaced_not_followed(tmp_path):
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("mine")
    link.symlink_to(victim)
    write_file(link, "yours")
    assert (victim.read_text(), link.read_text()) == ("mine", "yours")


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    (tmp_path / "page.html").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(OSError, match="page.html"):
        write_file(tmp_path / "page.html", "new")
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
