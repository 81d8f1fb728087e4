"""HTML for the page, made of texts that may hold anything. Every text passes ``escape``."""

import re
from urllib.parse import quote, urlencode

from ragbot.results import Answer, Citation, Source, Status
from ragbot.text.fold import fold
from ragbot.text.script import detect_script
from ragbot.ui.i18n import Language, say

__all__ = [
    "VERDICTS",
    "answer_html",
    "escape",
    "failure_html",
    "note_html",
    "question_html",
    "source_html",
    "status_html",
    "streaming_html",
]

# Numeric references for every ASCII mark, not for HTML's five alone: the chat reads Markdown, and
# a referenced character never opens any structure there (CommonMark 0.31, section 6.2).
_ESCAPES = {ord(char): f"&#{ord(char)};" for char in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
_ESCAPES |= {ord("\r"): "", ord("\n"): "<br>"}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MARK = re.compile(r"\[(\d+)\]")
_UNFINISHED_MARK = re.compile(r"\[\d*$")
_HEADING_MARKS = "# \t\u3000"
_PATH_SEPARATOR = " › "
_SNIPPET = 80
VERDICTS = ("good", "bad_answer", "bad_quote", "bad_missing")


def escape(text: str) -> str:
    """Return HTML that shows the text as it is, to an HTML and to a Markdown reader alike."""
    return _LONE_SURROGATE.sub("\ufffd", text).translate(_ESCAPES)


def question_html(question: str) -> str:
    """Return a question as the chat shows it."""
    return f'<div class="asked">{escape(question)}</div>'


def note_html(text: str) -> str:
    """Return a remark of the page itself."""
    return f'<div class="note">{escape(text)}</div>'


def failure_html(text: str, language: Language) -> str:
    """Return why there is no answer."""
    said = escape(say(language, "failed") + text)
    return f'<div class="note failure">{said}</div><div class="tools">{_retry(language)}</div>'


def streaming_html(text: str) -> str:
    """Return the part of an answer that has come so far, its marks not yet links."""
    done = escape(_UNFINISHED_MARK.sub("", _MARK.sub("\ue000\\1\ue001", text)))
    marked = re.sub("\ue000(\\d+)\ue001", r'<span class="cite">\1</span>', done)
    return f'<div class="answer">{marked}</div>'


def answer_html(
    answer: Answer, language: Language, index: str | None = None, number: int | None = None
) -> str:
    """Return an answer: its text with numbered links, then where each of them leads.

    ``number`` is that of its exchange; with it come the means to judge it and to ask otherwise.
    """
    more = _inside(answer, language, number)
    more += "" if number is None else _tools(answer, number, language)
    understood = ""
    if fold(answer.reading) != fold(answer.question):
        note = escape(say(language, "understood", reading=answer.reading))
        understood = f'<div class="understood">{note}</div>'
    if answer.refused:
        confidence = say(language, "confidence", percent=round(answer.confidence * 100))
        notes = " · ".join(note for note in (answer.reason, confidence) if note)
        return (
            f'{understood}<div class="answer refused">{escape(answer.text)}'
            f'<div class="reason">{escape(notes)}</div></div>'
            f"{_nearest(answer, language, index)}{more}"
        )
    citations = {citation.n: citation for citation in answer.citations}

    lead = _lead(answer)

    def parts() -> list[str]:
        made, done = [], len(lead)
        if lead:
            made.append(f'<strong class="lead">{escape(lead)}</strong>')
        for match in _MARK.finditer(answer.text):
            if citation := citations.get(int(match[1])):
                made += [escape(answer.text[done : match.start()])]
                made += [_chip(citation, language, index)]
                done = match.end()
        return [*made, escape(answer.text[done:])]

    places = "".join(
        f'<li><span class="place">{escape(str(c.n))}</span> '
        f"{escape(_place(c, language))}{_verified(answer, c, language)}</li>"
        for c in answer.citations
    )
    return (
        f'{understood}<div class="answer">{"".join(parts())}<ul class="places">{places}</ul></div>'
        f"{more}"
    )


def _lead(answer: Answer) -> str:
    """Return the words that answer, where the answer begins with them and not with their quote."""
    claims = answer.claims
    if answer.engine != "quote" or len(claims) < 2 or claims[0].citations != claims[1].citations:
        return ""
    return claims[0].text if answer.text.startswith(claims[0].text) else ""


def _inside(answer: Answer, language: Language, number: int | None) -> str:
    """Return the passages behind an answer, what was measured of each, and room for their map."""
    if not answer.hits:
        return ""
    rows = "".join(
        f"<tr><td>{n}</td><td>{escape(_place(hit.citation, language))}</td>"
        f'<td><meter min="0" max="1" value="{hit.score}"></meter> {hit.score:.2f}</td>'
        f"<td>{escape(' · '.join(f'{k} {v:.2f}' for k, v in hit.signals.items()))}</td></tr>"
        for n, hit in enumerate(answer.hits, 1)
    )
    plot = ""
    if number is not None:
        # Gradio's sanitiser leaves no room for an address: the page's script fetches the picture.
        said = escape(say(language, "map"))
        plot = f'<figure><img alt=""><figcaption>{said}</figcaption></figure>'
    times = " · ".join(f"{name} {value:.1f} ms" for name, value in answer.timing_ms.items())
    summary = escape(say(language, "inside"))
    return (
        f'<details class="inside"><summary>{summary}</summary><table>{rows}</table>'
        f"{plot}<p>{escape(times)}</p></details>"
    )


def _retry(language: Language) -> str:
    return f'<a class="tool retry" href="#retry">{escape(say(language, "retry"))}</a>'


def _tools(answer: Answer, number: int, language: Language) -> str:
    links = "".join(
        f'<a class="tool" href="#vote={verdict}:{number}">{escape(say(language, verdict))}</a>'
        for verdict in VERDICTS
    )
    again = f'<a class="tool" href="#again={number}">{escape(say(language, "ask_again"))}</a>'
    # A quote is the same the second time; what a model writes is not.
    retry = _retry(language) if "write" in answer.timing_ms else ""
    return f'<div class="tools">{retry}{again}{links}</div>'


def _nearest(answer: Answer, language: Language, index: str | None) -> str:
    """Return what is nearest to a question that is refused, set apart from the answer."""
    if answer.nearest is None:
        return ""
    place = escape(_place(answer.nearest.citation, language))
    snippet = escape(answer.nearest.text[:_SNIPPET].replace("\n", " "))
    return (
        f'<div class="nearest">{escape(say(language, "nearest"))}{place}'
        f"{_chip(answer.nearest.citation, language, index)}<br>{snippet}…</div>"
    )


def _verified(answer: Answer, citation: Citation, language: Language) -> str:
    """Return how the claims on a citation were verified, where a model wrote them."""
    if answer.engine == "quote":
        return ""
    states = {claim.state for claim in answer.claims if citation.n in claim.citations}
    kind = "supported" if "supported" in states else "exact"
    return f' <span class="claim {kind}">{escape(say(language, f"claim_{kind}"))}</span>'


def _chip(citation: Citation, language: Language, index: str | None) -> str:
    place = f"{citation.document_id}:{citation.start}:{citation.end}"
    if index or citation.answer:
        place += f":{index or ''}"
    if citation.answer:
        place += f":{citation.answer_start}:{citation.answer_end}"
    target = quote(place, safe=":")
    title = escape(say(language, "cite_label", n=citation.n))
    return f'<a class="cite" href="#source={target}" title="{title}">[{citation.n}]</a>'


def _place(place: Citation | Source, language: Language) -> str:
    page = None if place.page is None else say(language, "page", n=place.page)
    if isinstance(place, Source):
        return " · ".join(part for part in (place.document, page) if part)
    named = [part for part in (place.heading, place.byline) if part]
    return " · ".join([*(named or [place.document]), *([page] if page else [])])


def source_html(source: Source, language: Language, index: str | None = None) -> str:
    """Return the statement of a citation: what it is, and its text, the quote in ``<mark>``."""
    *path, heading = (source.heading or "").split(_PATH_SEPARATOR)
    names = {"heading": heading.strip(_HEADING_MARKS), "byline": (source.byline or "").strip()}
    head: dict[str, str] = {}
    paragraphs: list[str] = []
    at = 0
    for line in source.text.split("\n"):
        shown = _marked(line, source, at)
        at += len(line) + 1
        bare = line.strip()
        # The statement's own heading and byline stand above the text, and may be what is quoted.
        name = next((n for n, text in names.items() if text == bare.strip(_HEADING_MARKS)), None)
        if bare and name and name not in head and not paragraphs:
            head[name] = shown
        elif bare:
            paragraphs.append(f"<p>{shown}</p>")
    missing = {name: escape(text) for name, text in names.items() if text and name not in head}
    titles = {"above": escape(_PATH_SEPARATOR.join(path)), **missing, **head}
    top = "".join(f'<p class="{name}">{text}</p>' for name, text in titles.items() if text)
    before, after = (
        f'<p class="more">{escape(say(language, phrase))}</p>' if cut else ""
        for phrase, cut in (("more_before", source.cut_before), ("more_after", source.cut_after))
    )
    script = f"zh-{detect_script(source.text).title()}"
    return (
        f'<header><div lang="{script}">{top}</div>'
        f'<p class="where">{escape(_place(source, language))}</p>'
        f'<p class="state {source.state}">{escape(say(language, "state_" + source.state))}</p>'
        f"{_raw(source, language)}{_picture(source, language, index)}"
        f"{_copy(source, language)}</header>"
        f'<article lang="{script}" tabindex="0">{before}{"".join(paragraphs)}{after}</article>'
    )


def _marked(line: str, source: Source, at: int) -> str:
    """Escape the line that begins at ``at``, with what of the quote falls on it in ``<mark>``.

    The words in it that answer are in ``<strong>`` besides.
    """

    def on_line(place: int) -> int:
        return min(max(place - at, 0), len(line))

    start, end = on_line(source.start), on_line(source.end)
    if start >= end:
        return escape(line)
    first, last = map(on_line, source.answer or (source.end, source.end))
    inside = escape(line[start:first])
    if first < last:
        inside += f"<strong>{escape(line[first:last])}</strong>"
    inside += escape(line[last:end])
    return f"{escape(line[:start])}<mark>{inside}</mark>{escape(line[end:])}"


def _raw(source: Source, language: Language) -> str:
    if source.state == "exact":
        return ""
    summary = escape(say(language, "show_raw"))
    sides = "".join(
        f"<div><p>{escape(say(language, name))}</p><pre>{escape(text)}</pre></div>"
        for name, text in (
            ("in_the_file", source.raw),
            ("as_restored", source.text[source.start : source.end]),
        )
    )
    return f'<details><summary>{summary}</summary><div class="sides">{sides}</div></details>'


def _picture(source: Source, language: Language, index: str | None) -> str:
    """Return the page of a PDF, fetched when it is looked at."""
    if source.page is None or not source.document.lower().endswith(".pdf"):
        return ""
    place = {"document_id": source.document_id, "page": source.page, "index": index or ""}
    address = escape(f"page/picture?{urlencode(place)}")
    shown = escape(say(language, "show_page", n=source.page))
    return (
        f"<details><summary>{shown}</summary>"
        f'<img loading="lazy" class="picture" src="{address}" alt="{shown}"></details>'
    )


def _copy(source: Source, language: Language) -> str:
    """Return a button that copies the quote with its reference."""
    named = [p for p in (source.document, source.heading, source.byline) if p]
    reference = f"“{source.text[source.start : source.end]}” —— {' · '.join(named)}"
    done = escape(say(language, "copied"))
    return (
        f'<button type="button" class="copy" data-copy="{escape(reference)}" '
        f'data-done="{done}">{escape(say(language, "copy_quote"))}</button>'
    )


def status_html(status: Status, language: Language) -> str:
    """Return what is being served, in one line, and its warnings."""
    parts = (
        say(language, "documents", n=f"{status.documents:,}"),
        say(language, "passages", n=f"{status.passages:,}"),
        f"{status.model} ({status.engine})",
        f"{say(language, 'generation')} {status.generation}",
    )
    line = "".join(f"<span>{escape(part)}</span>" for part in parts)
    warnings = "".join(f'<p class="warning">{escape(text)}</p>' for text in status.warnings)
    return f'<div class="status">{line}</div>{warnings}'
