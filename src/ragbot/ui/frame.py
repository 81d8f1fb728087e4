"""What stands around the conversation: the look of the page, its words, and its dialogs."""

from typing import Any

import gradio as gr

from ragbot.ui.i18n import Language, say
from ragbot.ui.render import escape

__all__ = ["leave", "theme", "words"]

# Fonts of the reader's machine: a page that fetches none works offline and looks native.
_FONTS = [
    "system-ui",
    "-apple-system",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
]
_LABELS = (
    *("title", "tagline", "documents_tab", "history", "new_chat", "source", "source_hint", "stop"),
)


def theme() -> gr.themes.Base:
    """Return the theme; the rest of the look is in ``static/page.css``."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.red,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=_FONTS,
        font_mono=["ui-monospace", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace"],
    )


def words(language: Language) -> list[Any]:
    """Return the page's texts in a language, in the order in which the page has its parts.

    Gradio translates by itself, but only for the tags zh-CN, zh-TW and en: a reader of zh, zh-HK
    or zh-Hans would get English.
    """
    return [
        *(say(language, phrase) for phrase in _LABELS),
        _export(language),
        _documents(language) + _history(language),
        gr.Chatbot(placeholder=say(language, "welcome")),
        gr.Textbox(placeholder=say(language, "ask_here")),
    ]


def _export(language: Language) -> str:
    label = escape(say(language, "export"))
    return (
        f'<span class="export" hidden>{label} <a data-export="md" href="#export">Markdown</a> '
        '<a data-export="docx" href="#export">Word</a></span>'
    )


def leave(language: Language) -> str:
    """Return the button that logs out."""
    label = escape(say(language, "log_out"))
    return f'<form method="post" action="logout"><button class="leave">{label}</button></form>'


def _documents(language: Language) -> str:
    new = escape(say(language, "new_collection"))
    button = f'<button type="button" data-do="new">{new}</button>'
    return _dialog("documents", say(language, "documents_tab"), button, "", language)


def _history(language: Language) -> str:
    """Return the room for the conversations that the browser keeps; its script fills it."""
    empty, remove = (escape(say(language, name)) for name in ("history_empty", "remove"))
    kept = escape(say(language, "history_kept"))
    content = (
        f'<p class="where">{kept}</p><p class="empty">{empty}</p><ul data-remove="{remove}"></ul>'
    )
    return _dialog("history", say(language, "history"), "", content, language)


def _dialog(name: str, title: str, buttons: str, content: str, language: Language) -> str:
    close = escape(say(language, "close"))
    return (
        f'<dialog id="{name}" class="panel" aria-labelledby="{name}-title"><header>'
        f'<h2 id="{name}-title">{escape(title)}</h2>{buttons}'
        f'<button type="button" data-do="close">{close}</button></header>'
        f'<div class="content">{content}</div></dialog>'
    )
