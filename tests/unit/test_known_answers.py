"""Every table of known answers is held against by some test."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve()


def test_every_vector_is_used_by_a_test(shared):
    names = sorted(path.stem for path in (shared / "reference" / "vectors").glob("*.csv"))
    assert len(names) > 30
    tests = "\n".join(p.read_text("utf-8") for p in HERE.parent.glob("test_*.py") if p != HERE)
    assert [name for name in names if f'"{name}"' not in tests] == []
