"""Files of data suit a network, or are refused by one clear error."""

import numpy as np
import pytest

from symbp.errors import DataError
from symbp.train import from_arrays, read

CLASSIFIER = {"x": ("input", ("N", 2), None), "t": ("label", ("N",), 3)}
REGRESSION = {"x": ("input", ("N", 2), None), "y": ("target", ("N", 1), None)}


def stored(tmp_path, **arrays):
    np.savez(tmp_path / "data.npz", **arrays)
    return tmp_path / "data.npz"


def written(tmp_path, text):
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path, declared, *rest):
    with pytest.raises(DataError) as caught:
        read(path, declared, "float64", *rest)
    return str(caught.value)


X = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize("names", ["xt", "Xy", ["inputs", "labels"], "ab"])
def test_arrays_are_matched_by_name_custom_or_order(tmp_path, names):
    path = stored(tmp_path, **dict(zip(names, (X, [0, 1, 2]), strict=True)))
    data = read(path, CLASSIFIER)
    assert data.arrays["x"].tolist() == X.tolist()
    assert data.arrays["t"].tolist() == [0, 1, 2]
    assert (data.samples, data.arrays["t"].dtype) == (3, np.int64)


def test_a_sample_is_reshaped_where_its_numbers_are_as_many():
    declared = {"x": ("input", ("N", 4), None), "y": ("target", ("N", 1), None)}
    data = from_arrays({"x": np.zeros((5, 2, 2)), "y": np.zeros(5)}, declared, "float32")
    assert (data.arrays["x"].shape, data.arrays["y"].shape) == ((5, 4), (5, 1))
    assert data.arrays["x"].dtype == np.float32


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "t is not among them"),
        ({"x": X, "t": [0, 1]}, "and N is 3 in x"),
        ({"x": X.T, "t": [0, 1, 2]}, "has shape (2, 3); the network's x is (N, 2)"),
        ({"x": X, "t": [0, 1, 3]}, "has the label 3; labels are whole numbers 0 to 2"),
        ({"x": X, "t": [0, 1, -1]}, "has the label -1"),
        ({"x": X, "t": [0, 1, 0.5]}, "has the label 0.5"),
        ({"x": X, "t": [*list("abc"), "d"]}, "has 4 classes (a, b, c, d), the network 3"),
        ({"x": np.where(X == 3, np.nan, X), "t": [0, 1, 2]}, "x in data.npz has nan at [1,1]"),
        ({"x": X * 1j, "t": [0, 1, 2]}, "holds complex128, not real numbers"),
        ({"x": X.astype(str), "t": [0, 1, 2]}, "not real numbers"),
        ({"x": X[:0], "t": np.zeros(0, int)}, "has shape (0, 2)"),
        ({"x": np.array([object()]), "t": [0]}, "it holds Python objects"),
        ({}, "holds nothing"),
        ({"x": X, "q": [0, 1, 2]}, "holds x, q; the network needs x, t, and t is not among them"),
        ({"q": X, "t": [0, 1, 2]}, "holds q, t; the network needs x, t, and x is not among them"),
    ],
)
def test_arrays_that_do_not_suit_are_named(tmp_path, arrays, message):
    assert message in refused(stored(tmp_path, **arrays), CLASSIFIER)


@pytest.mark.parametrize("keep", [0, 10, 100, -30])
def test_a_truncated_archive_is_one_clear_error(tmp_path, keep):
    path = stored(tmp_path, x=X, t=[0, 1, 2])
    path.write_bytes(path.read_bytes()[:keep])
    assert "data.npz can't be read as .npz" in refused(path, CLASSIFIER)


def test_a_spoilt_archive_is_one_clear_error(tmp_path):
    path = stored(tmp_path, x=np.arange(2000.0).reshape(1000, 2), t=np.zeros(1000, int))
    spoilt = bytearray(path.read_bytes())
    spoilt[5000:5100] = bytes(100)
    path.write_bytes(spoilt)
    assert "can't be read" in refused(path, CLASSIFIER)


def test_text_is_no_archive(tmp_path):
    (tmp_path / "data.npz").write_text("x,t\n1,2\n")
    assert "data.npz is no .npz file" in refused(tmp_path / "data.npz", CLASSIFIER)


def test_one_array_is_no_archive(tmp_path):
    np.save(tmp_path / "one.npy", X)
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    assert "holds one array" in refused(tmp_path / "one.npz", CLASSIFIER)


@pytest.mark.parametrize(
    "text",
    [
        "0,1,0\n2,3,1\n4,5,2\n",
        "a,b,kind\n0,1,0\n2,3,1\n4,5,2\n",
        "\ufeffa;b;kind\r\n0;1;0\r\n\r\n2;3;1\r\n4;5;2",
        "0\t1\tant\n2\t3\tbee\n4\t5\tcat\n",
    ],
)
def test_tables_are_read_with_and_without_header(tmp_path, text):
    data = read(written(tmp_path, text), CLASSIFIER)
    assert data.arrays["x"].tolist() == X.tolist()
    assert data.arrays["t"].tolist() == [0, 1, 2]
    assert data.classes == (("ant", "bee", "cat") if "ant" in text else ())


@pytest.mark.parametrize("column", ["kind", "1"])
def test_the_target_column_can_be_named_or_counted(tmp_path, column):
    path = written(tmp_path, "kind,a,b\n0.5,0,1\n1.5,2,3\n")
    data = read(path, REGRESSION, "float64", [column])
    assert data.arrays["y"].tolist() == [[0.5], [1.5]]
    assert data.arrays["x"].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no data"),
        ("a,b,y\n", "holds no data"),
        ("0,1,2\n0,,2\n", "data.csv, row 2, column 2 is missing"),
        ("a,b,y\n0,NaN,2\n", "data.csv, row 2, column 2 (b) is missing"),
        ("a,b,y\n0,1,2\n0,one,2\n", "row 3, column 2 (b) is no number: 'one'"),
        ("a,b,y\n0,inf,2\n", "is no number: 'inf'"),
        ("a,b,y\n0,1_0,2\n", "is no number: '1_0'"),
        ("a,b,y\n0,1,\n", "row 2, column 3 (y) is missing"),
        ("0,1,2\n0,1\n", "row 2 has 2 cells, the rows above have 3"),
        ("0,1,2,3\n", "has 4 columns, 1 of them the target's; the network needs 2 for x, 1 for y"),
        ('0,1,"2\n', "can't be read as CSV"),
        ("\0\0\0", "data.csv"),
    ],
)
def test_tables_that_do_not_suit_say_where(tmp_path, text, message):
    assert message in refused(written(tmp_path, text), REGRESSION)


def test_a_target_column_that_is_not_there_is_named(tmp_path):
    path = written(tmp_path, "a,b,y\n0,1,2\n")
    assert "has no column z" in refused(path, REGRESSION, ["z"])
    assert "It has a, b, y." in refused(path, REGRESSION, ["4"])


def test_a_table_that_is_not_text_is_one_clear_error(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"\xff\xfe\x00")
    assert "can't be read as CSV" in refused(path, REGRESSION)


def test_a_table_can_hold_no_open_axes(tmp_path):
    declared = {"x": ("input", ("N", "T"), None)}
    assert "Give the data as .npz." in refused(written(tmp_path, "0,1\n"), declared)


def test_other_files_are_refused(tmp_path):
    assert "there is no file" in refused(tmp_path / "data.npz", CLASSIFIER)
    (tmp_path / "data.txt").touch()
    assert "neither .npz nor .csv" in refused(tmp_path / "data.txt", CLASSIFIER)
