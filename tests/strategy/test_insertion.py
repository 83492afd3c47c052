"""Text of all shapes: what is not the new entry stays, to the byte."""

import stat

import pytest

from kpikit.errors import DataError
from kpikit.strategy import load_strategy
from kpikit.strategy.insertion import insert_entry

ENTRY = "  new:\n    title: New\n    owner: ann\n    # a question\n"
HEAD = "version: 1\norganisation: {name: Shop}\n"


@pytest.fixture
def insert(tmp_path):
    """Return a function: the file's bytes after a department was inserted."""

    def told(content):
        file = tmp_path / "strategy.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        line = insert_entry(load_strategy(file), section="departments", name="new", text=ENTRY)
        assert load_strategy(file).lines["departments.new"] == line
        assert list(tmp_path.iterdir()) == [file]
        return file.read_bytes().decode()

    return told


def test_a_section_that_is_not_there_is_begun(insert):
    assert insert(HEAD) == HEAD + "\ndepartments:\n" + ENTRY


def test_the_entry_follows_the_last_one_and_its_remarks(insert):
    begin = HEAD + "departments:\n  a: {title: A, owner: bo}\n  # - unwritten\n"
    end = "\n# What comes next\nvalues: [Care]\n"
    assert insert(begin + end) == begin + "\n" + ENTRY + end


def test_the_entry_stands_as_far_in_as_the_others(insert):
    begin = HEAD + 'departments:\n     "a":\n         {title: A, owner: bo}\n'
    assert insert(begin) == begin + "\n" + "".join(f"   {line}\n" for line in ENTRY.splitlines())


def test_a_last_line_without_an_end_gets_one(insert):
    begin = HEAD + "departments:\n  a: {title: A, owner: bo}"
    assert insert(begin) == begin + "\n\n" + ENTRY


def test_windows_files_and_byte_order_marks_stay_what_they_are(insert):
    begin = "\ufeff" + HEAD + "departments:\n  a: {title: Ä, owner: bo}\n"
    told = insert(begin.replace("\n", "\r\n"))
    assert told == (begin + "\n" + ENTRY).replace("\n", "\r\n")


def test_a_hash_inside_a_text_is_no_remark(insert):
    begin = HEAD + "departments:\n  a:\n    owner: bo\n    title: |\n      A\n\n      # one\n\n"
    assert insert(begin) == begin[:-1] + "\n" + ENTRY + "\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEAD + "departments: {a: {title: A, owner: bo}}\n", "departments in line 3 is no plain"),
        (HEAD + "departments: {}\n", "departments in line 3 is no plain block"),
        (HEAD + "departments:\n  {a: {title: A, owner: bo}}\n", "a in line 4 is no plain block"),
        (HEAD + "departments: &all\n  a: {title: A, owner: bo}\n", "is no plain block"),
        ("{version: 1, organisation: {name: Shop}}\n", "it would not load"),
        (HEAD + "...\n", "it would not load"),
        # the quoted text goes on at the margin, where a remark might stand
        (HEAD + "departments:\n  a: {owner: bo, title: 'A\n# b'}\n", "what it says"),
        # to add a line would lengthen the text that keeps its line ends
        (HEAD + "departments:\n  a:\n    owner: bo\n    title: |+\n      A\n\n\n", "what it says"),
    ],
)
def test_what_cannot_be_done_as_text_is_refused_and_nothing_is_written(insert, content, said):
    with pytest.raises(DataError, match=said) as caught:
        insert(content)
    assert "Nothing was written. Print the entry without --into" in str(caught.value)


def test_a_link_stays_a_link_and_the_rights_stay(tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "strategy.yaml"
    real.write_text(HEAD)
    real.chmod(0o600)
    link.symlink_to(real)
    insert_entry(load_strategy(link), section="departments", name="new", text=ENTRY)
    assert link.is_symlink()
    assert "new" in load_strategy(real).departments
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
