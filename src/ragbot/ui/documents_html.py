"""The documents of an index as a piece of the page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ragbot.results import Listed, Status
from ragbot.ui.i18n import Language, say
from ragbot.ui.rebuilding import Progress
from ragbot.ui.render import escape

__all__ = ["documents_html"]

_SHOWN = 500


def documents_html(
    status: Status | None,
    listed: Sequence[Listed],
    progress: Progress,
    language: Language,
    *,
    editor: bool,
) -> str:
    """Return what is indexed, and for editors the means to change it."""

    def text(phrase: str, **values: object) -> str:
        return escape(say(language, phrase, **values))

    rows = "".join(_row(one, language, editor=editor) for one in _ordered(listed)[:_SHOWN])
    more = len(listed) - _SHOWN
    rest = f'<li class="more">{text("and_more", n=more)}</li>' if more > 0 else ""
    tools = ""
    if editor:
        tools = (
            f'<label class="drop" for="upload">{text("drop_here")}'
            f'<input id="upload" type="file" multiple></label>'
            f'<p class="actions"><button type="button" data-do="rebuild">{text("rebuild")}</button>'
            f'<button type="button" data-do="cancel" hidden>{text("cancel")}</button>'
            f'<progress max="1" value="0" hidden aria-label="{text("rebuild")}"></progress>'
            f'<span class="eta"></span></p>'
        )
    running = "true" if progress.running else "false"
    return (
        f'<div class="listing" data-running="{running}" data-report="{text("report_line")}"'
        f' data-eta="{text("eta")}" data-uploading="{text("uploading")}"'
        f' data-pending="{text("pending_note")}">'
        f'<p class="where">{_about(status, language)}</p>{tools}'
        f'<div class="said" role="status" aria-live="polite"></div>'
        f'<ul class="documents">{rows}{rest}</ul></div>'
    )


def _ordered(listed: Sequence[Listed]) -> list[Listed]:
    """Return what has been uploaded first: it is what people can change."""
    return sorted(
        listed, key=lambda one: (not (one.uploaded or one.removed), one.indexed, one.document)
    )


def _row(one: Listed, language: Language, *, editor: bool) -> str:
    name = escape(one.document)
    phrase = "to_be_removed" if one.removed else "" if one.indexed else "pending"
    state = f" <em>{escape(say(language, phrase))}</em>" if phrase else ""
    button = ""
    if editor and one.uploaded:
        file = escape(one.document.split("/")[0])
        label = escape(f"{say(language, 'remove')} {one.document}")
        button = (
            f'<button type="button" data-do="remove" data-name="{file}" aria-label="{label}">'
            f"{escape(say(language, 'remove'))}</button>"
        )
    return f"<li><span>{name}{state}</span>{button}</li>"


def _about(status: Status | None, language: Language) -> str:
    if status is None:
        return escape(say(language, "nothing_indexed"))
    parts = [
        say(language, "documents", n=f"{status.documents:,}"),
        say(language, "statements", n=f"{status.statements:,}"),
        say(language, "passages", n=f"{status.passages:,}"),
        status.model,
    ]
    try:
        built = datetime.strptime(status.generation[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        parts.append(f"{built.astimezone():%Y-%m-%d %H:%M}")
    except ValueError:
        pass
    return escape(" · ".join(parts))
