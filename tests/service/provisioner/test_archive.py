"""Archives, good and hostile."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.errors import DomainError, Invalid, TooLarge
from service.provisioner import archive
from service.provisioner.archive import tar_to_zip, unpack, zip_to_tar

FILES = {"template.yaml": b"version: 1\n", "dir/a.sh": b"echo hi\n", "empty": b""}


def tar(files: dict[str, bytes] | None = None, *extra: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        for name, content in (FILES if files is None else files).items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), 1_700_000_000, 0o755
            out.addfile(info, io.BytesIO(content))
        for info in extra:
            out.addfile(info)
    return buffer.getvalue()


def zipped(files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        for name, content in (FILES if files is None else files).items():
            out.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), content, method)
    return buffer.getvalue()


def special(kind: bytes, name: str = "odd", target: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "raw",
    [tar(), gzip.compress(tar()), gzip.compress(tar()[:1000]) + gzip.compress(tar()[1000:]), zipped(), zipped(method=zipfile.ZIP_STORED)],
    ids=["tar", "gzip", "gzip in two members", "zip", "stored zip"],
)
def test_every_kind_of_archive_is_unpacked(raw: bytes) -> None:
    assert unpack(raw) == FILES


def test_names_are_cleaned_and_directories_left_out() -> None:
    directory = special(tarfile.DIRTYPE, "./dir/")
    assert unpack(tar({"./template.yaml": b"a", "dir//./b": b"b", "..hidden": b"c"}, directory)) == {
        "template.yaml": b"a",
        "dir/b": b"b",
        "..hidden": b"c",
    }


def test_the_later_of_two_files_with_one_name_counts() -> None:
    assert unpack(tar({"a": b"1", "./a": b"2"})) == {"a": b"2"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_left_out(kind: bytes) -> None:
    assert unpack(tar(None, special(kind))) == FILES


def test_symbolic_links_of_a_zip_are_left_out() -> None:
    buffer = io.BytesIO(zipped())
    with zipfile.ZipFile(buffer, "a") as out:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        out.writestr(link, "/etc/passwd")
    assert unpack(buffer.getvalue()) == FILES == unpack(zip_to_tar(buffer.getvalue()))


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "a\\b", "c:\\x", "a/.."])
@pytest.mark.parametrize("make", [tar, zipped])
def test_a_name_that_leads_out_is_refused(make, name: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid, match="cannot be read"):
        unpack(make({name: b"x"}))


def test_a_file_called_pk_does_not_make_a_tar_a_zip() -> None:
    assert unpack(tar({"PK": b"x"})) == {"PK": b"x"}


def damaged_zip() -> bytes:
    raw = bytearray(zipped({"a": b"hello world"}, zipfile.ZIP_STORED))
    raw[raw.index(b"hello")] ^= 1
    return bytes(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage",
        b"\x1f\x8bgarbage",
        gzip.compress(tar(), mtime=0)[:-20],
        gzip.compress(b"garbage", mtime=0),
        tar()[:700],
        b"PK\x03\x04garbage",
        zipped()[:-30],
        damaged_zip(),
        zipped(method=zipfile.ZIP_LZMA),
        zipped(method=zipfile.ZIP_BZIP2),
    ],
)
def test_what_is_no_archive_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        unpack(raw)


@pytest.mark.parametrize("raw", [b"", b"garbage", tar(), zipped()[:-30], damaged_zip()])
def test_a_bad_zip_is_not_converted(raw: bytes) -> None:
    with pytest.raises(Invalid):
        zip_to_tar(raw)


@pytest.mark.parametrize("make", [lambda raw: gzip.compress(tar({"a": raw})), lambda raw: zipped({"a": raw})], ids=["gzip", "zip"])
def test_a_bomb_is_stopped_by_its_ratio(make) -> None:  # type: ignore[no-untyped-def]
    assert unpack(make(bytes(3 << 20))) == {"a": bytes(3 << 20)}, "small files may be as regular as they like"
    with pytest.raises(TooLarge):
        unpack(make(bytes(40 << 20)))


def test_total_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1 << 20)
    small = {"a": bytes(600_000)}
    assert unpack(zip_to_tar(zipped(small))) == small
    for make in (unpack, zip_to_tar):
        with pytest.raises(TooLarge):
            make(zipped({"a": bytes(600_000), "b": bytes(600_000)}))
    with pytest.raises(TooLarge):
        unpack(tar({"a": bytes(600_000), "b": bytes(600_000)}))


def test_a_size_that_lies_does_not_help() -> None:
    info = special(tarfile.REGTYPE)
    info.size = 50 << 20
    with pytest.raises((Invalid, TooLarge)):
        unpack(info.tobuf() + bytes(1024))


def test_the_number_of_entries_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    assert len(unpack(tar({str(i): b"" for i in range(5)}))) == 5
    many = {str(i): b"" for i in range(6)}
    for raw in (tar(many), zipped(many), gzip.compress(tar(many))):
        with pytest.raises(TooLarge):
            unpack(raw)


def test_a_huge_zip_directory_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        unpack(b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 60_000, 60_000, 50 << 20, 0, 0))
    with pytest.raises(Invalid, match="cannot be read"):
        zip_to_tar(b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18))


def test_a_zip_becomes_the_same_tar_each_time() -> None:
    made = zip_to_tar(zipped())
    assert made == zip_to_tar(zipped())
    with tarfile.open(fileobj=io.BytesIO(made)) as found:
        assert next((m.name, m.mtime) for m in found) == ("template.yaml", 1_714_979_290)
    assert unpack(made) == FILES


def test_directories_survive_both_conversions() -> None:
    made = zip_to_tar(zipped({"dir/": b"", "dir/a": b"1"}))
    with zipfile.ZipFile(io.BytesIO(tar_to_zip(made))) as found:
        assert found.namelist() == ["dir/", "dir/a"]


def test_a_tar_becomes_a_zip_with_its_permissions() -> None:
    raw = tar_to_zip(tar())
    assert raw == tar_to_zip(tar())
    with zipfile.ZipFile(io.BytesIO(raw)) as found:
        assert {n: found.read(n) for n in found.namelist()} == FILES
        assert found.getinfo("dir/a.sh").external_attr >> 16 == 0o100755
        assert found.getinfo("dir/a.sh").date_time == (2023, 11, 14, 22, 13, 20)
    with pytest.raises(Invalid):
        tar_to_zip(b"garbage")


def test_a_time_that_a_zip_cannot_hold_is_replaced() -> None:
    info = special(tarfile.DIRTYPE)
    info.mtime = 0
    assert tar_to_zip(tar({}, info))


@settings(max_examples=200, deadline=None)
@given(
    st.binary()
    | st.builds(
        lambda raw, at, byte: raw[: at % len(raw)] + byte + raw[at % len(raw) + 1 :],
        st.sampled_from([tar(), zipped(), gzip.compress(tar())]),
        st.integers(0, 20_000),
        st.binary(max_size=3),
    )
)
def test_no_bytes_make_anything_but_a_declared_error(raw: bytes) -> None:
    for convert in (unpack, zip_to_tar, tar_to_zip):
        with contextlib.suppress(DomainError):
            convert(raw)
