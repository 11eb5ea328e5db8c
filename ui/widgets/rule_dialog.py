"""The question how small counts are hidden before a list or a plan leaves."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ...processing.choices import RULES
from ...processing.messages import tr

PROTECTIVE, NO_RULE = "nhs", "none"  # the rule proposed the first time; none of them


class RuleDialog(QDialog):
    """Asks how small counts are hidden before a table leaves."""

    def __init__(
        self,
        rule: str,
        parent: QWidget | None = None,
        tells_replies: bool = False,
        plans: bool = False,
    ) -> None:
        """Make it.

        Args:
            rule: proposed.
            tells_replies: whether the order of the areas comes of replies as they were counted,
                which no rule can hide in a list.
            plans: whether it is for a plan or an atlas.
        """
        super().__init__(parent)
        self.setWindowTitle(
            tr("Small counts in the plan") if plans else tr("Small counts in the list")
        )
        self.wants_voice = False
        self.question = QLabel(_question(tells_replies, plans))
        self.question.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.question)
        self._group = QButtonGroup(self)
        for number, name in enumerate(RULES):
            button = QRadioButton(_choice_in_words(name))
            button.setChecked(name == (NO_RULE if tells_replies else rule))
            button.setEnabled(name == NO_RULE or not tells_replies)
            self._group.addButton(button, number)
            layout.addWidget(button)
        if self._group.checkedId() < 0:
            self._group.button(RULES.index(PROTECTIVE)).setChecked(True)
        kinds = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        inside = tells_replies and not plans
        box.button(kinds.Ok).setText(tr("Save inside…") if inside else tr("Go on…"))
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        if tells_replies:
            self.voice_button = QPushButton(tr("Measure &voice…"))
            self.voice_button.setAutoDefault(False)
            self.voice_button.clicked.connect(self._on_voice)
            layout.addWidget(self.voice_button)
        layout.addWidget(box)

    def _on_voice(self) -> None:
        self.wants_voice = True
        self.reject()

    def rule(self) -> str:
        """Return the rule chosen."""
        return RULES[self._group.checkedId()]


def _question(tells_replies: bool, plans: bool) -> str:
    """Return what is asked, and where a rule is of no use, what to do instead."""
    if tells_replies and plans:
        return tr(
            "This ranking is made of replies as they were counted: its order alone can tell that "
            "hardly anyone replied somewhere. A plan or an atlas of it has to stay inside.\n\n"
            "For one that may go out, press “Measure voice…”, run it with small counts hidden, and "
            "make the plan of its output. Fewer areas may have a rank then."
        )
    if tells_replies:
        return tr(
            "This ranking is made of replies as they were counted: its order alone can tell that "
            "hardly anyone replied somewhere. As it is, the list has to stay inside.\n\n"
            "For a list that may go out, press “Measure voice…”, run it with small counts hidden, "
            "and save the list of its output. Fewer areas may have a rank then."
        )
    return tr(
        "Small counts can tell on people. How shall they be hidden in the file? Ask your "
        "information governance team where you are not sure."
    )


def rule_in_words(rule: str) -> str:
    """Return what a rule does to counts, as it is told of a file."""
    return {
        "none": tr("not hidden"),
        "nhs": tr("1 to 7 hidden, others to the nearest 5 (nhs)"),
        "ons10": tr("below 10 hidden, others to the nearest 5 (ons10)"),
    }[rule]


def _choice_in_words(rule: str) -> str:
    return {
        "none": tr("&Not at all: the file stays inside"),
        "nhs": tr("&1 to 7 hidden, others to the nearest 5 (NHS England)"),
        "ons10": tr("&Below 10 hidden, others to the nearest 5 (ONS)"),
    }[rule]
