"""A conversation with its sources, to keep or to hand on."""

import io
import re
from collections.abc import Sequence

from ragbot.results import Answer, Citation
from ragbot.ui.i18n import Language, say
from ragbot.ui.inert import as_text_only

__all__ = ["as_docx", "as_markdown"]

# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_markdown(answers: Sequence[Answer], language: Language) -> str:
    """Return questions, answers and quotes as Markdown in which no text of a document is active."""
    parts = [f"# {say(language, 'title')}"]
    for answer in answers:
        parts.append(f"## {_plain(answer.question)}")
        parts.append(_plain(answer.text).replace("\n", "  \n"))
        if answer.reason:
            parts.append(_plain(answer.reason))
        parts += [
            f"> {_plain(' '.join(c.quote.split()))}  \n> — \\[{c.n}\\] {_plain(_place(c))}"
            for c in answer.citations
        ]
    return "\n\n".join(parts) + "\n"


def as_docx(answers: Sequence[Answer], language: Language) -> bytes:
    """Return the same as a Word document."""
    import docx

    def text(value: str) -> str:
        return _UNWRITABLE.sub("\ufffd", value)

    document = docx.Document()
    document.add_heading(say(language, "title"), 0)
    for answer in answers:
        document.add_heading(text(answer.question), 1)
        document.add_paragraph(text(answer.text))
        if answer.reason:
            document.add_paragraph(text(answer.reason))
        for c in answer.citations:
            quoted = document.add_paragraph(style="Intense Quote")
            quoted.add_run(f"[{c.n}] {text(' '.join(c.quote.split()))}")
            document.add_paragraph(text(_place(c)), style="Caption")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _plain(text: str) -> str:
    return as_text_only(text.encode(errors="replace").decode())


def _place(c: Citation) -> str:
    """Return where a citation stands, down to the characters of the file."""
    named = [part for part in (c.document, c.heading, c.byline) if part]
    return f"{' · '.join(named)} ({c.start}-{c.end})"
