"""What the panel is set to: the questions that it asks of a layer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..choices import AMONG

DRAWS, SEED = 2000, 1


@dataclass(frozen=True)
class Settings:
    """How the areas are ranked and drawn.

    Attributes:
        scheme: a shipped id, or the path of a file.
        changes: to its weights and directions, as CHANGES of ``findseldomheard`` has them.
        top: how many areas, a number or a percentage.
        among: one of ``choices.AMONG``.
        reference: id of the layer to rank against, empty for none.
        names: field with the names of areas, empty for their codes.
        code_field: field with their codes, empty to find it.
        draws: how often the ranking is tested.
        seed: of the draws.
        view: how the map shows the result.
    """

    scheme: str = "general"
    changes: str = ""
    top: str = "10%"
    among: str = AMONG[0]
    reference: str = ""
    names: str = ""
    code_field: str = ""
    draws: int = DRAWS
    seed: int = SEED
    view: str = "score"

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of ``findseldomheard`` but for the layer and the outputs."""
        asked = {
            "SCHEME": self.scheme,
            "CHANGES": self.changes,
            "RANKED_AMONG": self.among,
            "REFERENCE": self.reference,
            "TOP": self.top,
            "DRAWS": self.draws,
            "SEED": self.seed,
            "NAME_FIELD": self.names,
            "CODE_FIELD": self.code_field,
        }
        return {name: value for name, value in asked.items() if value != ""}

    def as_text(self) -> str:
        """Return the settings as they are kept with a project."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Settings:
        """Return settings kept with a project; what is not understood is as by default."""
        try:
            kept = json.loads(text or "{}")
        except ValueError:
            return cls()
        known = {one.name: type(one.default) for one in fields(cls)}
        if not isinstance(kept, dict):
            return cls()
        return cls(
            **{
                name: value
                for name, value in kept.items()
                if name in known and type(value) is known[name]
            }
        )
