"""Says which pictures one start of QGIS has made; ends with 1 where it did not make them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

LARGEST = 250_000  # bytes of a picture in the documentation


def main(kind: str, reply: str) -> int:
    path = Path(reply)
    told = (
        json.loads(path.read_text("utf-8")) if path.is_file() else {"error": "QGIS did not reply"}
    )
    if told.get("error"):
        print(told["error"], file=sys.stderr)
        return 1
    large = []
    for picture in map(Path, told["result"]):
        size = picture.stat().st_size
        print(f"{kind}: {picture.name} {size:,} bytes")
        if picture.parent.name == "images" and size > LARGEST:
            large.append(picture.name)
    if large:
        print(f"larger than {LARGEST:,} bytes: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
